import { MacpError } from '@macp-agent/protocol';
import { error, note, ok, warning, type Finding } from './finding.js';
import { tryConnect } from './probe-connection.js';

interface ObserverOptions {
  /** Bearer of the API, where it asks for one. */
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface ObservedRun {
  readonly status?: string;
  readonly sourceKind?: string | null;
  readonly errorCode?: string | null;
  readonly errorMessage?: string | null;
  readonly metadata?: {
    readonly cancelCallback?: { readonly url?: string };
    readonly cancellationDelegated?: boolean;
    readonly scenarioRef?: unknown;
    readonly source?: unknown;
  };
}

/** What an observer (console or control plane) knows of a run, and why a cancel from it may have no effect (agents.md §2, §3.4). Changes nothing. */
export async function examineConsole(url: string, runId: string, options: ObserverOptions): Promise<readonly (readonly [string, Finding])[]> {
  const found = await getJson(url, `runs/${encodeURIComponent(runId)}`, options);
  const run = found.body as ObservedRun;
  if (found.status === 404)
    return [
      [
        'observer',
        error(
          'producer',
          `the observer at ${url} does not know the run ${runId}`,
          'check the id; the observer must watch the same runtime, with an identity that has is_observer',
        ),
      ],
    ];
  if (found.status === 401 || found.status === 403)
    return [['observer', error('launch', `the observer at ${url} asks for a credential (${found.status})`, 'set MACP_CONSOLE_TOKEN to its token')]];
  if (found.status !== 200) throw new MacpError('TRANSPORT', `${url} answered ${found.status} for the run ${runId}`, { context: { runId } });
  return [
    ['observer', judgeStatus(run, await sessionState(url, runId, options))],
    ['source', judgeSource(run)],
    ['cancel callback', await judgeCallback(run, options)],
  ];
}

function judgeStatus({ status, errorCode, errorMessage }: ObservedRun, session: string | undefined): Finding {
  if (status !== 'failed') return ok(`the run is ${status ?? 'unknown'}`);
  // The first is what other observers say, the second ours.
  if (errorCode === 'RUNTIME_TIMEOUT' || errorCode === 'SESSION_NOT_FOUND')
    return error('step 5', `the run failed with ${errorCode}: no initiator opened the session`, 'start the agents; registering or cloning a run starts none');
  const what = `the run failed: ${errorCode ?? ''} ${errorMessage ?? ''}`.trim();
  if (session === 'OPEN' || session === 'SUSPENDED')
    return error(
      'producer',
      `${what}, and its session still is ${session}: the observer gave up on a quiet run`,
      'raise its idle limit, and let agents send Progress while they think',
    );
  return error('step 5', what, 'read the events of the run and the logs of its agents');
}

function judgeSource({ sourceKind, metadata }: ObservedRun): Finding {
  const kind = sourceKind ?? metadata?.source;
  return kind === 'session-discovery'
    ? warning(
        'producer',
        'the run was discovered, not registered: the console shows no scenario and no roles',
        'post its descriptor to POST /runs; macp run --console and macp console do',
      )
    : ok(`registered${typeof kind === 'string' ? ` (${kind})` : ''}`);
}

async function judgeCallback({ metadata }: ObservedRun, { timeoutMs, signal }: ObserverOptions): Promise<Finding> {
  const callback = metadata?.cancelCallback?.url;
  if (callback === undefined)
    return metadata?.cancellationDelegated === true
      ? ok('cancelling is delegated to the observer')
      : warning(
          'producer',
          'the run has no cancelCallback: a cancel from the console answers 400',
          "register it with the run: session.metadata.cancelCallback, the bound URL of the initiator's listener",
        );
  const { hostname, port, protocol } = new URL(callback);
  const target = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  const failure = await tryConnect(hostname, target, timeoutMs, signal);
  return failure === undefined
    ? note(`${hostname}:${target} listens, as far as this machine can tell`)
    : error(
        'step 5',
        `the cancel callback at ${hostname}:${target} cannot be reached (${failure}): a cancel from the console answers 502`,
        'publish the URL that is bound, on an address that the observer can reach; the agent may have ended',
      );
}

async function sessionState(url: string, runId: string, options: ObserverOptions): Promise<string | undefined> {
  const { status, body } = await getJson(url, `runs/${encodeURIComponent(runId)}/state`, options);
  const state = status === 200 ? (body as { run?: { sessionState?: unknown }; session?: { state?: unknown } }) : {};
  const found = state.run?.sessionState ?? state.session?.state;
  return typeof found === 'string' ? found.replace('SESSION_STATE_', '') : undefined;
}

async function getJson(url: string, path: string, { token, timeoutMs, signal }: ObserverOptions): Promise<{ readonly status: number; readonly body: unknown }> {
  try {
    const response = await fetch(new URL(path, url.endsWith('/') ? url : `${url}/`), {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
  } catch (failure) {
    signal.throwIfAborted();
    throw new MacpError('UNAVAILABLE', `the observer at ${url} cannot be asked; start it (macp console), or check --console`, { cause: failure });
  }
}
