import { setMaxListeners } from 'node:events';

/**
 * Runs the task when the signal fires, at once when it already has; the answer takes it back. One signal, such as that of a shutdown, may end any number of
 * calls and streams, which Node would take for a leak from the eleventh on.
 */
export function onAbort(signal: AbortSignal, task: () => void): () => void {
  if (signal.aborted) {
    task();
    return () => undefined;
  }
  setMaxListeners(Number.POSITIVE_INFINITY, signal);
  signal.addEventListener('abort', task, { once: true });
  return () => signal.removeEventListener('abort', task);
}
