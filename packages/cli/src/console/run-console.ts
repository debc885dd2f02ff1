import { join, resolve } from 'node:path';
import { startControlPlane } from '@macp-agent/control-plane';
import { loadRunRecords, type CompiledRun, type RunEvent } from '@macp-agent/scenarios';
import type { CliContext } from '../cli.js';
import type { RunTarget } from '../run/run-target.js';
import { registerRun } from './register-run.js';

/** The console beside one run of `macp run --console`. */
export interface RunConsole {
  /** What the run tells; the observer learns of the run and its cancel callback when the initiator is ready. */
  event(event: RunEvent): void;
  /** Keeps the page up until Ctrl-C. */
  untilStopped(): Promise<void>;
  close(): Promise<void>;
}

const FIRST_PORT = 3001;

/** Serves the console on this machine, on the first free port from 3001, and prints its address. */
export async function openRunConsole(compiled: CompiledRun, target: RunTarget, runsDir: string, { output, signal }: CliContext): Promise<RunConsole> {
  const plane = await startControlPlane({
    port: FIRST_PORT,
    portTries: 20,
    dataDir: resolve(join(runsDir, 'console')),
    runtimeAddress: target.runtime.address,
    runtimeToken: target.runnerToken,
    runtimeSecure: target.runtime.tls ?? true,
    runtimeAllowInsecure: target.runtime.allowInsecure ?? false,
  });
  output.note(`console: ${plane.url}`);
  let registered: Promise<void> | undefined;
  return {
    event(event) {
      if (event.type !== 'agent' || event.status !== 'ready' || event.participantId !== compiled.initiator.participantId) return;
      const callback = loadRunRecords(runsDir).find(({ runId }) => runId === compiled.runId)?.cancelCallback;
      registered ??= registerRun(plane, compiled, callback).catch((error: unknown) => output.error(`the console cannot cancel this run: ${String(error)}`));
    },
    async untilStopped() {
      await registered;
      if (signal.aborted) return;
      output.note(`console: ${plane.url} stays until Ctrl-C`);
      await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
    },
    close: () => plane.close(),
  };
}
