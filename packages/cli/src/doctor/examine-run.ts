import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { loadRunRecords, type RecordedRun, type RunRecord } from '@macp-agent/scenarios';
import { explainRefusal } from './explain-refusal.js';
import { error, note, ok, warning, type Finding } from './finding.js';
import { readLog } from './log-symptoms.js';
import { tryConnect } from './probe-connection.js';

interface ExamineOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Whether the process of a record still is its runner. */
  readonly isLive: (record: RunRecord) => boolean;
}

const MAX_LOG_BYTES = 1_048_576;

/** What went wrong in a run, from its transcript, the logs beside it, and, while it goes on, its processes. Changes nothing. */
export async function examineRun(run: RecordedRun, options: ExamineOptions): Promise<readonly (readonly [string, Finding])[]> {
  const folder = dirname(run.file);
  const record = loadRunRecords(dirname(folder)).find(({ runId }) => runId === run.header.runId);
  const live = record !== undefined && options.isLive(record);
  return [
    ...named('session', judgeEnd(run, live)),
    ...named('refused', (run.outcome?.refused ?? []).map(explainRefusal)),
    // Who is silent so far may only be thinking.
    ...(live ? [] : named('participants', judgeSilence(run))),
    ...named('log', readLogs(folder)),
    ...(live ? named('cancel callback', [await judgeCallback(record, options)]) : []),
    ...(live ? named('processes', judgeProcesses(run, record)) : []),
  ];
}

const named = (name: string, findings: readonly Finding[]): [string, Finding][] => findings.map((finding) => [name, finding]);

function judgeEnd({ outcome, entries }: RecordedRun, live: boolean): Finding[] {
  if (outcome === undefined)
    return [
      live
        ? note('the run goes on')
        : error(
            'launch',
            'the run was killed before it could write its end',
            'its agents were ended with it, and its session ends with its lifetime; run it again',
          ),
    ];
  if (outcome.state === 'NONE' || entries.length === 0)
    return [
      error(
        'step 5',
        `no initiator opened the session (other producers say RUNTIME_TIMEOUT)${outcome.reason === '' ? '' : `: ${outcome.reason.split('\n')[0] ?? ''}`}`,
        'start the agent that initiates, and read its log; a producer that only registers a run starts none',
      ),
    ];
  const { state, reason, commitment } = outcome;
  if (commitment !== undefined) return [ok(`${state}: ${commitment.action}`)];
  const expired = state === 'EXPIRED';
  return [
    warning(
      expired ? 'scenario' : 'policy',
      `${state} without a commitment${reason === '' ? '' : `: ${reason.split('\n')[0] ?? ''}`}`,
      expired ? 'raise ttlMs of the scenario, or find the agent that kept the others waiting' : 'see what was refused and who is missing',
    ),
  ];
}

/** Who never said a word although there was something to answer. */
function judgeSilence({ header, entries }: RecordedRun): Finding[] {
  const senders = new Set(entries.flatMap((entry) => ('envelope' in entry ? [String(entry.envelope['sender'])] : [])));
  const asked = entries.some((entry) => 'envelope' in entry && entry.envelope['message_type'] !== 'SessionStart');
  if (!asked) return [];
  return header.participants
    .filter((participant) => !senders.has(participant))
    .map((participant) =>
      error(
        'step 5',
        `${participant} said nothing: it was not started, never subscribed to the session, or abstained`,
        'read its log; a stream without a subscribe frame gets no history: subscribe from 0, as streams of @macp-agent/core do',
      ),
    );
}

function readLogs(folder: string): Finding[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).size > MAX_LOG_BYTES ? [] : readLog(basename(name, '.log'), readFileSync(path, 'utf8'));
    });
}

async function judgeCallback({ cancelCallback, runId }: RunRecord, { timeoutMs, signal }: ExamineOptions): Promise<Finding> {
  if (cancelCallback === undefined)
    return error('step 5', 'the initiator has reported no cancel callback: a cancel has no effect', 'serve one (fromBootstrap does) and report its url');
  const { hostname, port } = new URL(cancelCallback.url);
  const failure = await tryConnect(hostname, Number(port), timeoutMs, signal);
  if (failure === undefined) return ok(`${hostname}:${port} listens; macp cancel ${runId} reaches it`);
  return error(
    'step 5',
    `nobody listens at ${hostname}:${port} (${failure}): a cancel has no effect`,
    'the initiator has ended or closed its listener; read its log',
  );
}

function judgeProcesses({ entries }: RecordedRun, { agents }: RunRecord): Finding[] {
  const ended = entries.some((entry) => TERMINAL_ENTRIES.has(entry.kind) || ('envelope' in entry && entry.envelope['message_type'] === 'Commitment'));
  if (!ended) return [];
  return agents
    .filter(({ pid }) => isAlive(pid))
    .map(({ participantId, pid }) =>
      warning(
        'step 5',
        `the session has ended, and ${participantId} (process ${pid}) still runs`,
        'close stream, client and cancel listener at the end; watch the lifecycle beside the stream',
      ),
    );
}

const TERMINAL_ENTRIES: ReadonlySet<string> = new Set(['cancel', 'expire']);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // It has ended, or is not ours.
    return false;
  }
}
