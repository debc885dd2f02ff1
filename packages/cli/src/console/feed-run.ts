import type { ControlPlane } from '@macp-agent/control-plane';
import type { CompiledRun, RunEvent } from '@macp-agent/scenarios';

/** Tells a console what only the runner knows of a run: how to cancel it, what was refused, and that no session came. */
export interface RunFeed {
  event(event: RunEvent): void;
  cancellable(callback: { readonly url: string; readonly bearer: string }): void;
  /** The run could not be played to its end. */
  failed(error: unknown): void;
  /** Everything told so far is recorded. */
  settled(): Promise<void>;
}

/** Registers the run, before its agents start. What cannot be recorded later goes to `onProblem`. */
export async function feedRun(plane: Pick<ControlPlane, 'openRun'>, { runDescriptor }: CompiledRun, onProblem: (error: unknown) => void): Promise<RunFeed> {
  const run = await plane.openRun(runDescriptor);
  let last = Promise.resolve();
  const tell = (act: () => Promise<void>): void => {
    last = last.then(act).catch(onProblem);
  };
  return {
    event(event) {
      if (event.type === 'refused') {
        const { participantId: sender, messageType, code, message, step } = event;
        tell(() => run.refused({ sender, messageType, code, message, step }));
      } else if (event.type === 'outcome' && event.state === 'NONE') {
        tell(() => run.failed(event.reason));
      }
    },
    cancellable: (callback) => tell(() => run.cancelCallback(callback)),
    failed: (error) => tell(() => run.failed(error instanceof Error ? error.message : String(error))),
    settled: () => last,
  };
}
