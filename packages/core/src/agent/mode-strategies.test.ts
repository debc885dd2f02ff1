import {
  buildQuorumPolicy,
  buildTaskPolicy,
  MacpError,
  MODE_DECISION,
  MODE_HANDOFF,
  MODE_MULTI_ROUND,
  MODE_PROPOSAL,
  MODE_QUORUM,
  MODE_TASK,
  parsePolicyDescriptor,
  type PolicyDefinition,
  type PolicyDescriptor,
} from '@macp-agent/protocol';
import { startRuntime } from '@macp-agent/runtime';
import { describe, expect, it } from 'vitest';
import { Auth } from '../auth.js';
import { MacpClient } from '../client.js';
import { newSessionId } from '../ids.js';
import { commitWhenReady } from './commit-when-ready.js';
import { answerOffers } from './handoff-strategies.js';
import { contributeValues } from './multi-round-strategies.js';
import { Participant } from './participant.js';
import type { ParticipantConfig } from './participant-config.js';
import { answerProposals } from './proposal-strategies.js';
import { castBallots } from './quorum-strategies.js';
import { workOnTask } from './task-strategies.js';

type Strategy = (participant: Participant) => void;
interface Play {
  readonly kickoff?: { readonly messageType: string; readonly payload: object };
  readonly participants?: readonly string[];
  readonly policy?: PolicyDescriptor;
  /** By name; `lead` starts the session. */
  readonly agents: Readonly<Record<string, readonly Strategy[]>>;
}

/** Agents that are made of strategies only; answers how the session ended, and what each reported. */
async function play(mode: string, { kickoff, participants, policy, agents }: Play) {
  const parsed = policy === undefined ? undefined : parsePolicyDescriptor(policy);
  const policies: PolicyDefinition[] = parsed?.ok === true ? [parsed.policy] : [];
  await using runtime = await startRuntime({ policies });
  const sessionId = newSessionId();
  const sessionStart = { intent: 'x', participants: [...(participants ?? Object.keys(agents))], ttlMs: 60_000, policyVersion: policy?.policyId ?? '' };
  const reports: object[] = [];
  const runs = Object.entries(agents).map(([participantId, strategies]) => {
    const client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent(participantId) });
    const initiator: Partial<ParticipantConfig> = participantId === 'lead' ? { initiator: { sessionStart, kickoff } } : {};
    const report = (one: object): void => void reports.push(one);
    const participant = new Participant({ participantId, sessionId, mode, client, ownsClient: true, report, ...initiator });
    for (const strategy of strategies) participant.use(strategy);
    return { participant, run: participant.run() };
  });
  const [result] = await Promise.all(runs.map(({ run }) => run));
  return { result, reports, projection: runs[0]?.participant.projection as object };
}

const commits = (action: string, outcomePositive = true) => commitWhenReady({ decide: () => ({ action, outcomePositive, authorityScope: 's', reason: 'r' }) });
const noModel = (): never => {
  throw new MacpError('MODEL_FAILED', 'no model');
};

describe('castBallots and commitWhenReady', () => {
  const kickoff = { messageType: 'ApprovalRequest', payload: { requestId: 'r', action: 'a', summary: 's', requiredApprovals: 2 } };
  const says = (choice: 'APPROVE' | 'REJECT') => castBallots({ decide: ({ action }) => ({ choice, reason: action }) });

  it('reach a quorum', async () => {
    const agents = { lead: [commits('quorum.approved')], a: [says('APPROVE')], b: [says('APPROVE')] };
    expect((await play(MODE_QUORUM, { kickoff, participants: ['a', 'b'], agents })).result).toMatchObject({ state: 'RESOLVED' });
  });

  it('commit once the quorum is out of reach, under the policy of the session; a model that fails abstains', async () => {
    const policy = buildQuorumPolicy('policy.all', 'All.', { threshold: { type: 'percentage', value: 100 } });
    const agents = { lead: [commits('quorum.rejected', false)], a: [says('APPROVE')], b: [castBallots({ decide: noModel })] };
    const { result, reports, projection } = await play(MODE_QUORUM, { kickoff, policy, participants: ['a', 'b'], agents });
    expect(result).toMatchObject({ state: 'RESOLVED' });
    expect(reports).toContainEqual({ type: 'abstained', reason: expect.stringContaining('no model') as unknown });
    const { ballots } = projection as { ballots: ReadonlyMap<string, ReadonlyMap<string, { choice: string }>> };
    expect([...(ballots.get('r') ?? [])].map(([sender, { choice }]) => `${sender} ${choice}`).toSorted()).toEqual(['a APPROVE', 'b ABSTAIN']);
  });

  it('cancel instead, when the decision says so', async () => {
    const agents = { lead: [commitWhenReady({ decide: () => ({ cancel: 'not today' }) })], a: [says('APPROVE')], b: [says('APPROVE')] };
    expect((await play(MODE_QUORUM, { kickoff, participants: ['a', 'b'], agents })).result).toMatchObject({ state: 'CANCELLED', reason: 'not today' });
  });
});

describe('workOnTask', () => {
  const kickoff = { messageType: 'TaskRequest', payload: { taskId: 't', title: 'count', instructions: 'count to three' } };
  const policy = buildTaskPolicy('policy.task', 'May be passed on.', { assignment: { allowReassignmentOnReject: true } });

  it('lets one agent take what another has rejected, do it and report', async () => {
    const [first, second] = [
      workOnTask({ accept: () => ({ reject: 'busy' }), work: noModel }),
      workOnTask({ work: ({ title }) => ({ output: '3', summary: title }) }),
    ];
    // The second waits for the rejection, so that there is one.
    const later: Strategy = (participant) => void participant.on('TaskReject', () => second(participant));
    const { result, projection } = await play(MODE_TASK, {
      kickoff,
      policy,
      participants: ['a', 'b'],
      agents: { lead: [commits('task.completed')], a: [first], b: [later] },
    });
    expect(result).toMatchObject({ state: 'RESOLVED' });
    expect(projection).toMatchObject({ report: { kind: 'completed', sender: 'b', summary: 'count' }, rejections: [{ sender: 'a', reason: 'busy' }] });
  });

  it('reports a failure, and one of the model as one that may be tried again', async () => {
    const failing = workOnTask({ work: () => ({ failed: 'no data', errorCode: 'E1' }) });
    for (const [work, report] of [
      [failing, { errorCode: 'E1', reason: 'no data', retryable: false }],
      [workOnTask({ work: noModel }), { errorCode: 'MODEL_FAILED', retryable: true }],
    ] as const) {
      const { projection } = await play(MODE_TASK, { kickoff, participants: ['a'], agents: { lead: [commits('task.failed', false)], a: [work] } });
      expect(projection).toMatchObject({ report: { kind: 'failed', sender: 'a', ...report } });
    }
  });
});

describe('answerOffers', () => {
  const kickoff = { messageType: 'HandoffOffer', payload: { handoffId: 'h', targetParticipant: 'a' } };

  it('takes over once there is context', async () => {
    const answers = answerOffers({ needsContext: true, decide: ({ contexts }) => ({ accept: contexts.length > 0, reason: 'read' }) });
    const adds: Strategy = (participant) =>
      void participant.on(
        'HandoffOffer',
        async (_event, { actions }) => void (await actions.addContext({ handoffId: 'h', contentType: 'text/plain', context: 'notes' })),
      );
    expect((await play(MODE_HANDOFF, { kickoff, agents: { lead: [adds, commits('handoff.accepted')], a: [answers] } })).result).toMatchObject({
      state: 'RESOLVED',
    });
  });

  it('declines when the model fails, and the owner commits that', async () => {
    const agents = { lead: [commits('handoff.declined', false)], a: [answerOffers({ decide: noModel })] };
    const { result, projection } = await play(MODE_HANDOFF, { kickoff, agents });
    expect(result).toMatchObject({ state: 'RESOLVED' });
    expect((projection as { isDeclined(id: string): boolean }).isDeclined('h')).toBe(true);
  });
});

describe('answerProposals', () => {
  const kickoff = { messageType: 'Proposal', payload: { proposalId: 'p', title: '100' } };

  it('meets by counter-proposals that both accept in the end', async () => {
    const lead = answerProposals({ answer: ({ title }) => (Number(title) >= 80 ? { accept: true } : { counter: { title: String(Number(title) + 20) } }) });
    const a = answerProposals({ answer: ({ title }) => (Number(title) <= 80 ? { accept: true } : { counter: { title: '60' } }) });
    const { result, projection } = await play(MODE_PROPOSAL, { kickoff, agents: { lead: [lead, commits('proposal.accepted')], a: [a] } });
    expect(result).toMatchObject({ state: 'RESOLVED' });
    const { proposals } = projection as { proposals: ReadonlyMap<string, { title: string; status: string }> };
    expect([...proposals.values()].map(({ title, status }) => `${title} ${status}`)).toEqual(['100 open', '60 open', '80 accepted']);
  });

  it('says no for good', async () => {
    const agents = { lead: [commits('proposal.rejected', false)], a: [answerProposals({ answer: () => ({ reject: 'never', terminal: true }) })] };
    expect((await play(MODE_PROPOSAL, { kickoff, agents })).result).toMatchObject({ state: 'RESOLVED' });
  });
});

describe('contributeValues', () => {
  it('goes on until all values are equal', async () => {
    const towards = (first: number) =>
      contributeValues({
        contribute(values, { participant }) {
          const own = values.get(participant.participantId);
          const other = [...values].find(([name]) => name !== participant.participantId)?.[1];
          if (own === undefined || other === undefined) return own ?? String(first);
          // The lower one comes up.
          return Number(own) < Number(other) ? String(Number(own) + 1) : own;
        },
      });
    const { result, projection } = await play(MODE_MULTI_ROUND, {
      participants: ['a', 'b'],
      agents: { lead: [commits('multi_round.converged')], a: [towards(1)], b: [towards(4)] },
    });
    expect(result).toMatchObject({ state: 'RESOLVED' });
    expect(projection).toMatchObject({
      values: new Map([
        ['a', '4'],
        ['b', '4'],
      ]),
    });
  });
});

describe('a strategy of another mode', () => {
  it.each([
    ['castBallots', castBallots({ decide: () => ({ choice: 'APPROVE', reason: '' }) })],
    ['workOnTask', workOnTask({ work: () => ({ summary: '' }) })],
    ['answerOffers', answerOffers({ decide: () => ({ accept: true, reason: '' }) })],
    ['answerProposals', answerProposals({ answer: () => ({ accept: true }) })],
    ['contributeValues', contributeValues({ contribute: () => 'x' })],
  ])('fails by name: %s', async (name, strategy) => {
    const kickoff = { messageType: 'Proposal', payload: { proposalId: 'p', option: 'o' } };
    const failure = await play(MODE_DECISION, { kickoff, agents: { lead: [strategy] } }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ cause: { code: 'INVALID_OPTIONS', message: expect.stringContaining(name) as unknown } });
  });
});
