import { cancelRun } from '@macp-agent/scenarios';
import { isMacpError } from '@macp-agent/protocol';
import { error, note, ok, warning, type Finding } from './finding.js';
import { tryConnect } from './probe-connection.js';
import type { ProbeContext } from './probe-context.js';

/** The listener that a cancel from the console reaches. It is up only while the agent runs. */
export async function probeCallback(context: ProbeContext): Promise<Finding> {
  const { bootstrap, tryCancel, timeoutMs, signal } = context;
  const callback = bootstrap.cancelCallback;
  if (callback === undefined)
    return bootstrap.initiator === undefined
      ? ok('none, and none is needed: this agent does not start the session')
      : warning(
          'producer',
          'the bootstrap of the initiator has no cancelCallback: a cancel from the console can have no effect',
          'set cancelCallback, or the MACP_CANCEL_CALLBACK_ variables; macp run does',
        );
  if (callback.port === 0) return note('the agent chooses a free port and reports it; macp doctor --run <run> tries it while the run goes on');
  const failure = await tryConnect(callback.host, callback.port, timeoutMs, signal);
  const where = `${callback.host}:${callback.port}`;
  if (failure !== undefined) {
    const text = `nobody listens at ${where} (${failure}): a cancel from the console has no effect`;
    const fix = 'serve it from the agent (fromBootstrap does, else startCancelCallbackServer), on an address that the console can reach';
    return tryCancel ? error('step 5', text, fix) : warning('step 5', `${text}, unless the agent only has not been started yet`, fix);
  }
  return tryCancel
    ? cancelForReal(context, `http://${where}${callback.path}`, callback.bearer)
    : ok(`${where} listens; --try-cancel cancels the session for real`);
}

/** 202 says that the request was taken; only the session says whether it was cancelled. */
async function cancelForReal({ bootstrap, client, timeoutMs, signal }: ProbeContext, url: string, bearer: string | undefined): Promise<Finding> {
  const { runId, sessionId } = bootstrap.run;
  try {
    await cancelRun({ runId, url, bearer }, 'macp doctor --try-cancel', { timeoutMs, signal });
  } catch (failure) {
    if (!isMacpError(failure) || failure.code === 'ABORTED') throw failure;
    return error(
      'step 5',
      failure.message,
      failure.code === 'FORBIDDEN' ? 'the bearer of the bootstrap is not the one that the agent was started with' : 'look at the log of the agent',
    );
  }
  const until = performance.now() + timeoutMs;
  for (;;) {
    const { metadata } = await client.getSession(sessionId, { timeoutMs, signal });
    const state = metadata.state.replace('SESSION_STATE_', '');
    if (state === 'CANCELLED') return ok('the callback cancelled the session');
    if (performance.now() > until)
      return error(
        'step 5',
        `the callback took the request, and the session still is ${state}: its handler only stops the agent`,
        'the handler must call CancelSession with its own identity (session.cancel); agents made by fromBootstrap do',
      );
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const POLL_MS = 100;
