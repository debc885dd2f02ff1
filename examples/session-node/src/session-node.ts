import { createHash } from 'node:crypto';
import type { RunnableConfig } from '@langchain/core/runnables';
import { commitAfterVotes, Participant, type CommitAfterVotesOptions, type DecisionProposalInput, type MacpClient } from '@macp-agent/core';

/** What a session came to, as plain data for a state that is kept. */
export interface SessionDecision {
  readonly sessionId: string;
  readonly state: 'RESOLVED' | 'EXPIRED' | 'CANCELLED' | 'STOPPED';
  /** Set when the session has ended in a commitment. */
  readonly commitment?: { readonly action: string; readonly outcomePositive: boolean; readonly reason: string };
  /** Why it ended otherwise, when somebody said so. */
  readonly reason?: string;
}

export interface SessionNodeOptions<State> {
  /** A client with the identity of this agent; the node closes it. */
  readonly connect: () => MacpClient;
  /** The sender behind that identity. It opens the session, so it is the one that commits. */
  readonly participantId: string;
  /** What the session is about. `ttlMs` is the longest that the node waits, suspensions aside. */
  readonly session: (state: State) => { readonly intent: string; readonly participants: string[]; readonly ttlMs: number; readonly policyVersion?: string };
  readonly proposal: (state: State) => DecisionProposalInput;
  /** From the votes to what is committed, or why to cancel instead. */
  readonly decide: CommitAfterVotesOptions['decide'];
}

/**
 * A node that opens a session in the decision mode, waits until it has ended, and gives `{ decision }` to the state. The session id comes
 * from the thread and the proposal: a node that is repeated from a checkpoint goes on with its own session. Aborting the graph leaves the
 * session and rejects; what the runtime refuses rejects with its code.
 */
export function sessionNode<State>({ connect, participantId, session, proposal, decide }: SessionNodeOptions<State>) {
  return async (state: State, config: RunnableConfig): Promise<{ decision: SessionDecision }> => {
    const { signal, configurable = {} } = config;
    const kickoff = proposal(state);
    const sessionId = createHash('sha256')
      .update(JSON.stringify([participantId, configurable['thread_id'], kickoff.proposalId]))
      .digest('base64url');
    const { intent, participants, ttlMs, policyVersion = 'policy.default' } = session(state);
    const versions = { modeVersion: '1.0.0', configurationVersion: 'config.default', policyVersion };
    const agent = new Participant({
      participantId,
      sessionId,
      mode: 'macp.mode.decision.v1',
      ...versions,
      client: connect(),
      ownsClient: true,
      initiator: { sessionStart: { intent, participants, ttlMs, ...versions }, kickoff: { messageType: 'Proposal', payload: kickoff } },
    });
    const { state: ended, commitment, reason } = await agent.use(commitAfterVotes({ decide })).run({ signal });
    signal?.throwIfAborted();
    return {
      decision: {
        sessionId,
        state: ended,
        ...(commitment !== undefined && {
          commitment: { action: commitment.action, outcomePositive: commitment.outcomePositive, reason: commitment.reason },
        }),
        ...(reason !== undefined && { reason }),
      },
    };
  };
}
