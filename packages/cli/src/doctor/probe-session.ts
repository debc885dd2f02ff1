import { buildSessionStartPayload } from '@macp-agent/core';
import { encodePayload, policyFitsMode, SessionStartPayload, type PolicyDefinition } from '@macp-agent/protocol';
import { error, note, ok, warning, type Finding } from './finding.js';
import { codeOf } from './probe-identity.js';
import type { ProbeContext } from './probe-context.js';

/** What a runtime takes as a payload unless it is told otherwise (runtime.md §1.1). */
const MAX_PAYLOAD_BYTES = 1_048_576;

/** Static: what an initiator would send first must fit. */
export function judgePayload({ bootstrap }: Pick<ProbeContext, 'bootstrap'>): Finding {
  const { initiator, mode } = bootstrap;
  if (initiator === undefined) return ok('nothing to send first');
  const kickoff = initiator.kickoff;
  const sizes: [string, number][] = [['SessionStart', SessionStartPayload.encode(buildSessionStartPayload(initiator.sessionStart)).length]];
  if (kickoff !== undefined) sizes.push([kickoff.messageType, encodePayload(mode, kickoff.messageType, kickoff.payload)?.length ?? 0]);
  const large = sizes.find(([, bytes]) => bytes > MAX_PAYLOAD_BYTES);
  if (large === undefined) return ok(sizes.map(([name, bytes]) => `${name} ${bytes} bytes`).join(', '));
  return error(
    'scenario',
    `${large[0]} would have ${large[1]} bytes; a runtime takes ${MAX_PAYLOAD_BYTES}: PAYLOAD_TOO_LARGE`,
    'send a reference (a URL, a key) instead of the data',
  );
}

export async function probePolicy({ client, bootstrap, timeoutMs, signal }: ProbeContext): Promise<Finding> {
  const id = bootstrap.initiator?.sessionStart.policyVersion ?? bootstrap.execution.policyVersion;
  const policies = await client.listPolicies('', { timeoutMs, signal });
  const policy = policies.find(({ policyId }) => policyId === id);
  if (policy === undefined)
    return error(
      'policy',
      `the runtime does not have the policy ${id}: UNKNOWN_POLICY_VERSION`,
      `register it first; it has ${policies.map(({ policyId }) => policyId).join(', ')}`,
    );
  if (!policyFitsMode({ mode: policy.mode } as PolicyDefinition, bootstrap.mode))
    return error('policy', `${id} is for ${policy.mode}`, `bind a policy of ${bootstrap.mode}`);
  return ok(id);
}

export async function probeSession({ client, bootstrap, timeoutMs, signal }: ProbeContext): Promise<Finding> {
  const { sessionId } = bootstrap.run;
  const code = await codeOf(() => client.getSession(sessionId, { timeoutMs, signal }));
  if (code === 'SESSION_NOT_FOUND')
    return bootstrap.initiator === undefined
      ? note('NOT_FOUND: not started yet, or the session id is another one; the agent waits for its initiator (streams of @macp-agent/core wait and retry)')
      : ok('not started yet, as it should be');
  if (code === 'FORBIDDEN')
    return error(
      'step 4',
      'the session exists, and this agent is neither a participant nor an observer of it: it would connect, and then nothing would happen',
      'add it to the participants of the scenario, or set is_observer in the runtime map for one that only reads',
    );
  if (code !== undefined) return note(`GetSession answered ${code}`);
  const { metadata } = await client.getSession(sessionId, { timeoutMs, signal });
  const state = metadata.state.replace('SESSION_STATE_', '');
  if (bootstrap.initiator !== undefined && metadata.initiator !== bootstrap.participant.participantId)
    return error('producer', `the session id is taken by ${metadata.initiator}: SESSION_ALREADY_EXISTS`, 'use a new session id for each run');
  if (bootstrap.initiator !== undefined)
    return error(
      'producer',
      `the session id is taken: the session is ${state} (SESSION_ALREADY_EXISTS)`,
      'use a new session id for each run; an agent that was started again may resume an open one',
    );
  return state === 'OPEN' ? ok('open') : note(`the session is ${state}`);
}

/** An agent that goes on when its session has ended: it holds a listener or stream, or never heard of the end. */
export async function probeProcess({ client, bootstrap, pid, timeoutMs, signal }: ProbeContext): Promise<Finding> {
  if (pid === undefined) return ok('not asked for (--pid)');
  if (!isAlive(pid)) return ok(`process ${pid} has ended`);
  const code = await codeOf(() => client.getSession(bootstrap.run.sessionId, { timeoutMs, signal }));
  if (code !== undefined) return ok(`process ${pid} runs; the session cannot be read (${code})`);
  const { metadata } = await client.getSession(bootstrap.run.sessionId, { timeoutMs, signal });
  if (!TERMINAL.has(metadata.state)) return ok(`process ${pid} runs, and so does the session`);
  return warning(
    'step 5',
    `the session is ${metadata.state.replace('SESSION_STATE_', '')}, and process ${pid} still runs`,
    'close the stream, the client and the cancel listener at the end (Participant.run does); a stream alone does not carry a cancel or expiry: watch the lifecycle beside it, as streams of @macp-agent/core do',
  );
}

const TERMINAL: ReadonlySet<string> = new Set(['SESSION_STATE_RESOLVED', 'SESSION_STATE_EXPIRED', 'SESSION_STATE_CANCELLED']);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (failure) {
    // Somebody else's process is one too.
    return failure instanceof Error && 'code' in failure && failure.code === 'EPERM';
  }
}
