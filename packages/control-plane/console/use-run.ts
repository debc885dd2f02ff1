import { useEffect, useRef, useState } from 'preact/hooks';
import type { CanonicalEvent } from '../src/model/canonical-event.js';
import type { Run } from '../src/model/run.js';
import { RunTrack } from '../src/model/run-track.js';
import { api, ApiError, readStream } from './api.js';

/** How the page is connected to the run. */
export type Connection =
  | { readonly kind: 'connecting' | 'live' | 'ended' | 'file' }
  | { readonly kind: 'waiting'; readonly attempt: number; readonly retryAtMs: number; readonly message: string };

export interface LiveRun {
  readonly run: Run | undefined;
  readonly track: RunTrack;
  /** Changes with every batch of events. */
  readonly version: number;
  readonly connection: Connection;
  /** Set when the run cannot be shown at all. */
  readonly error: ApiError | Error | undefined;
  /** Tries again at once. */
  retry(): void;
  refresh(): void;
}

/** Shortest time between two drawings, and how long after news the row of the run is read again. */
const DRAW_MS = 80;
const LOAD_MS = 250;

/** Trying again would be answered the same. */
const isFinal = (cause: unknown): cause is ApiError => cause instanceof ApiError && cause.status < 500 && cause.status !== 429;

/** Follows a run: history first, then live, resuming after the last event whenever the connection breaks. */
export function useRun(id: string): LiveRun {
  const track = useRef(new RunTrack());
  const [run, setRun] = useState<Run>();
  const [version, setVersion] = useState(0);
  const [connection, setConnection] = useState<Connection>({ kind: 'connecting' });
  const [error, setError] = useState<Error>();
  const [generation, setGeneration] = useState(0);
  const wake = useRef<() => void>(() => undefined);

  const load = async (): Promise<void> => setRun(await api.run(id));
  /** A server that is away for a moment only leaves the header a moment behind: the stream shows it, and what comes next loads again. */
  const reload = async (): Promise<void> => {
    try {
      await load();
    } catch (cause) {
      if (isFinal(cause)) setError(cause);
    }
  };

  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let loadTimer: ReturnType<typeof setTimeout> | undefined;
    let flushedMs = 0;
    const buffer: CanonicalEvent[] = [];
    const loadSoon = (): void => {
      loadTimer ??= setTimeout(() => {
        loadTimer = undefined;
        void reload();
      }, LOAD_MS);
    };
    // Drawn at once when it is quiet, and at most so often when it is not.
    const flush = (): void => {
      timer = undefined;
      flushedMs = performance.now();
      const events = buffer.splice(0);
      track.current.append(events);
      setVersion((value) => value + 1);
      loadSoon();
    };
    const onEvents = (events: readonly CanonicalEvent[]): void => {
      buffer.push(...events);
      timer ??= setTimeout(flush, Math.max(0, flushedMs + DRAW_MS - performance.now()));
    };
    const follow = async (): Promise<void> => {
      for (let attempt = 1; !stop.signal.aborted; attempt += 1) {
        try {
          if (attempt === 1) await load();
          const seen = (): number => buffer.at(-1)?.seq ?? track.current.lastSeq;
          const outcome = await readStream(
            id,
            seen(),
            {
              onOpen: () => setConnection({ kind: 'live' }),
              onEvents: (events) => ((attempt = 1), onEvents(events)),
              onEnd: () => setConnection({ kind: 'ended' }),
            },
            stop.signal,
          );
          if (outcome === 'ended') return void reload();
          throw new Error('the connection was closed');
        } catch (cause) {
          if (stop.signal.aborted) return;
          if (isFinal(cause)) return setError(cause);
          const waitMs = Math.min(10_000, 500 * 2 ** Math.min(attempt - 1, 5));
          const message = cause instanceof Error ? cause.message : String(cause);
          setConnection({ kind: 'waiting', attempt, retryAtMs: Date.now() + waitMs, message });
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, waitMs);
            wake.current = () => (clearTimeout(timer), resolve());
            stop.signal.addEventListener('abort', () => wake.current(), { once: true });
          });
        }
      }
    };
    void follow();
    return () => {
      stop.abort();
      clearTimeout(timer);
      clearTimeout(loadTimer);
    };
  }, [id, generation]);

  return {
    run,
    track: track.current,
    version,
    connection,
    error,
    retry: () => (setError(undefined), wake.current(), setGeneration((value) => value + 1)),
    refresh: () => void reload(),
  };
}
