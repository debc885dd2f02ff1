import { join } from 'node:path';
import { startControlPlane } from '@macp-agent/control-plane';
import type { CompiledRun } from '@macp-agent/scenarios';
import type { CliContext } from '../cli-context.js';
import type { RunTarget } from '../run/run-target.js';
import { feedRun, type RunFeed } from './feed-run.js';
import { readTraceOptions } from './trace-options.js';

/** The console beside one run of `macp run --console`. */
export interface RunConsole extends Pick<RunFeed, 'event' | 'cancellable'> {
  /** Keeps the page up until Ctrl-C. */
  untilStopped(): Promise<void>;
  close(): Promise<void>;
}

const FIRST_PORT = 3001;
const PORTS = 20;

/** Serves the console on this machine, on the first free port from 3001, and prints its address. */
export async function openRunConsole(compiled: CompiledRun, target: RunTarget, runsDir: string, { config, output, signal }: CliContext): Promise<RunConsole> {
  const plane = await startControlPlane({
    port: FIRST_PORT,
    portTries: PORTS,
    // Of this run alone: another console may be open over the same runs folder.
    dataDir: join(runsDir, compiled.runId, 'console'),
    runtimeAddress: target.runtime.address,
    runtimeToken: target.runnerToken,
    runtimeSecure: target.runtime.tls ?? true,
    runtimeAllowInsecure: target.runtime.allowInsecure ?? false,
    traces: readTraceOptions(config),
  });
  try {
    const feed = await feedRun(plane, compiled, (error) => output.error(`the console does not show everything: ${String(error)}`));
    output.note(`console: ${plane.url}#/runs/${compiled.runId}`);
    return {
      event: (event) => feed.event(event),
      cancellable: (callback) => feed.cancellable(callback),
      async untilStopped() {
        await feed.settled();
        if (signal.aborted) return;
        output.note(`console: ${plane.url}#/runs/${compiled.runId} stays until Ctrl-C`);
        await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
      },
      close: () => plane.close(),
    };
  } catch (error) {
    await plane.close();
    throw error;
  }
}
