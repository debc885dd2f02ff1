import { fromBootstrap, newSessionId, type Participant, type ParticipantResult } from '@macp-agent/core';
import type { PolicyDefinition } from '@macp-agent/protocol';
import { startTestRuntime } from './start-test-runtime.js';
import type { TranscriptEntry } from './transcript.js';

/** What an agent does: the same `use` and `on` calls as in its program. */
export type Wiring = (agent: Participant) => unknown;

/** What `runAgents` takes. */
export interface RunAgentsOptions {
  /** By participant id; the first one opens the session and proposes. */
  readonly agents: Readonly<Record<string, Wiring | { readonly role: string; readonly wire: Wiring }>>;
  /** Scenario inputs, which agents read as `ctx.inputs`. Default none. */
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** Default: policy.default, which takes a commitment at face value. */
  readonly policy?: PolicyDefinition;
  readonly policyHints?: Readonly<Record<string, unknown>>;
  /** The first proposal. Default `p1`, option `decide`. */
  readonly proposal?: { readonly proposalId: string; readonly option: string; readonly rationale?: string };
  /** Lifetime of the session in milliseconds. Default 10 000. */
  readonly ttlMs?: number;
  /** Every agent is stopped after this, in milliseconds. Default 15 000. */
  readonly timeoutMs?: number;
  /** Stops every agent. */
  readonly signal?: AbortSignal;
}

/** What became of a session. */
export interface AgentsRun {
  /** How the session ended for the initiator. */
  readonly result: ParticipantResult;
  /** How it ended for everyone, by participant id. */
  readonly results: Readonly<Record<string, ParticipantResult>>;
  /** Accepted messages in order. */
  readonly transcript: readonly TranscriptEntry[];
}

/**
 * Runs agents of the decision mode against a runtime of their own: real gRPC on a loopback port, all in this process, no
 * token to make. Resolves when all have ended; rejects with the first error of an agent, after the others were stopped. Experimental.
 */
export async function runAgents({
  agents,
  inputs = {},
  policy,
  policyHints,
  proposal,
  ttlMs = 10_000,
  timeoutMs = 15_000,
  signal,
}: RunAgentsOptions): Promise<AgentsRun> {
  const ids = Object.keys(agents);
  const [initiator] = ids;
  if (initiator === undefined) throw new Error('runAgents got no agents; give at least an initiator.');
  const runtime = await startTestRuntime({ policies: policy === undefined ? [] : [policy], signal });
  const failed = new AbortController();
  const stop = AbortSignal.any([failed.signal, AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]);
  const transcript: TranscriptEntry[] = [];
  try {
    const session = {
      sessionId: newSessionId(),
      participants: ids,
      inputs,
      ...(policy !== undefined && { policyVersion: policy.policyId }),
      ...(policyHints !== undefined && { policyHints }),
    };
    const start = { ttlMs, proposal: proposal ?? { proposalId: 'p1', option: 'decide' } };
    const running = ids.map(async (participantId): Promise<[string, ParticipantResult]> => {
      const given = agents[participantId];
      const { role, wire } = typeof given === 'function' ? { role: participantId, wire: given } : (given ?? { role: participantId, wire: () => undefined });
      const agent = fromBootstrap(runtime.bootstrap({ ...session, participantId, role, ...(participantId === initiator && { start }) }), { env: {} });
      if (participantId === initiator) {
        agent.on('*', ({ messageType, sender, payload }) => {
          transcript.push({ messageType, sender, payload });
        });
      }
      try {
        wire(agent);
        return [participantId, await agent.run({ signal: stop })];
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    });
    const ended = await Promise.allSettled(running);
    const broken = ended.find((outcome) => outcome.status === 'rejected');
    if (broken !== undefined) throw failed.signal.reason ?? broken.reason;
    const results = Object.fromEntries(ended.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])));
    const result = results[initiator];
    if (result === undefined) throw new Error(`The initiator ${initiator} ended without a result.`);
    return { result, results, transcript };
  } finally {
    await runtime.close();
  }
}
