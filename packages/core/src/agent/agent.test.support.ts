import type { ScriptedRuntime } from '../scripted-runtime.test.support.js';
import { Auth } from '../auth.js';
import { MacpClient } from '../client.js';
import { newSessionId } from '../ids.js';
import type { AgentReport } from './agent-report.js';
import { commitAfterVotes, type CommitAfterVotesOptions } from './commit-after-votes.js';
import { evaluateProposals } from './evaluate-proposals.js';
import { Participant } from './participant.js';
import type { ParticipantConfig } from './participant-config.js';
import { voteAfterPeers, type VoteAfterPeersOptions } from './vote-after-peers.js';

export const INITIATOR = 'risk-agent';
export const SPECIALISTS = ['fraud-agent', 'growth-agent', 'compliance-agent'];

/** Agents of one session against one runtime; everything is closed at the end. */
export class Cast implements AsyncDisposable {
  readonly sessionId = newSessionId();
  readonly reports = new Map<string, AgentReport[]>();
  readonly #address: string;
  readonly #token: (sender: string) => string;
  readonly #open: { participant: Participant; client: MacpClient }[] = [];

  /** Default: development identities, where the token is the sender. */
  constructor(address: string, token: (sender: string) => string = (sender) => sender) {
    this.#address = address;
    this.#token = token;
  }

  client(sender: string): MacpClient {
    return new MacpClient({ address: this.#address, allowInsecure: true, auth: Auth.bearer(this.#token(sender), { expectedSender: sender }) });
  }

  participant(participantId: string, config: Partial<ParticipantConfig> = {}): Participant {
    const reports: AgentReport[] = [];
    this.reports.set(participantId, reports);
    const client = this.client(participantId);
    const participant = new Participant({
      participantId,
      sessionId: this.sessionId,
      mode: 'macp.mode.decision.v1',
      client,
      ownsClient: true,
      report: (report) => reports.push(report),
      ...config,
    });
    this.#open.push({ participant, client });
    return participant;
  }

  initiator(options: Partial<CommitAfterVotesOptions> = {}, start: object = {}, config: Partial<ParticipantConfig> = {}): Participant {
    return this.participant(INITIATOR, {
      initiator: {
        sessionStart: { intent: 'decide', participants: [INITIATOR, ...SPECIALISTS], ttlMs: 60_000, ...start },
        kickoff: { messageType: 'Proposal', payload: { proposalId: 'p', option: 'approve it' } },
      },
      ...config,
    }).use(
      commitAfterVotes({
        decide: ({ votes, missing }) => ({
          action: 'approve',
          outcomePositive: true,
          reason: `${votes.length} votes, ${missing.length} missing`,
          vote: { vote: 'APPROVE', reason: 'mine' },
          authorityScope: 'transaction_review',
        }),
        ...options,
      }),
    );
  }

  specialist(name: string, options: Partial<VoteAfterPeersOptions> = {}, config: Partial<ParticipantConfig> = {}): Participant {
    return this.participant(name, config)
      .use(evaluateProposals({ evaluate: () => ({ recommendation: 'APPROVE', confidence: 0.9, reason: 'fine' }) }))
      .use(voteAfterPeers({ vote: () => ({ vote: 'APPROVE', reason: 'fine' }), ...options }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { participant, client } of this.#open) {
      await participant[Symbol.asyncDispose]();
      await client.close();
    }
  }
}

/** What the runtime accepted in the session of a cast: message type and sender. */
export const messages = (runtime: ScriptedRuntime, cast: Cast): string[] =>
  runtime.sessions.get(cast.sessionId)?.log.map(({ messageType, sender }) => `${messageType} ${sender}`) ?? [];
