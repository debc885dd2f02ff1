import { MODE_DECISION, MODE_HANDOFF, MODE_PROPOSAL, MODE_QUORUM, MODE_TASK, type Envelope } from '@macp-agent/protocol';
import { describe, expect, it } from 'vitest';
import { buildCommitmentPayload, buildEnvelope, buildSessionStartPayload } from '../envelope.js';
import { DecisionProjection } from './decision-projection.js';
import { HandoffProjection } from './handoff-projection.js';
import type { Projection } from './projection.js';
import { ProposalProjection } from './proposal-projection.js';
import { QuorumProjection } from './quorum-projection.js';
import { TaskProjection } from './task-projection.js';

type Step = readonly [messageType: string, sender: string, payload: object];

const sessionId = '0f8fad5b-d9cb-4469-a165-70867728950e';
const start = buildSessionStartPayload({ intent: 'x', participants: ['ann', 'bob'], ttlMs: 60_000 });
const commitment = buildCommitmentPayload({ action: 'done', authorityScope: 's', reason: 'r' }, start);

function envelopes(mode: string, steps: readonly Step[]): Envelope[] {
  const all: readonly Step[] = [['SessionStart', 'ann', start], ...steps, ['Commitment', 'ann', commitment]];
  return all.map(([messageType, sender, payload]) => buildEnvelope({ mode, messageType, sessionId, sender, payload }));
}

/** Applies each message, twice, and tells the phase after it; the first is that before the session has begun. */
function phases(projection: Projection, mode: string, steps: readonly Step[]): string[] {
  const seen = [projection.phase];
  for (const envelope of envelopes(mode, steps)) {
    projection.applyEnvelope(envelope);
    projection.applyEnvelope({ ...envelope });
    seen.push(projection.phase);
  }
  return seen;
}

const task = { taskId: 't', title: 'T', instructions: 'do' };

describe('phases', () => {
  it('of a decision', () => {
    const steps: Step[] = [
      ['Proposal', 'ann', { proposalId: 'p', option: 'o' }],
      ['Vote', 'bob', { proposalId: 'p', vote: 'APPROVE' }],
    ];
    const expected = ['Proposal', 'Proposal', 'Evaluation', 'Voting', 'Committed'];
    expect(phases(new DecisionProjection(), MODE_DECISION, steps)).toEqual(expected);
  });

  it('of a negotiation', () => {
    const steps: Step[] = [
      ['Proposal', 'ann', { proposalId: 'p', title: 'P' }],
      ['Reject', 'bob', { proposalId: 'p', terminal: true }],
    ];
    const expected = ['Negotiating', 'Negotiating', 'Negotiating', 'TerminalRejected', 'Committed'];
    expect(phases(new ProposalProjection(), MODE_PROPOSAL, steps)).toEqual(expected);
  });

  it.each([
    ['TaskComplete', 'Completed', 'completed'],
    ['TaskFail', 'Failed', 'failed'],
  ])('of a task that ends with %s', (report, phase, status) => {
    const projection = new TaskProjection();
    const steps: Step[] = [
      ['TaskRequest', 'ann', task],
      ['TaskAccept', 'bob', { taskId: 't', assignee: 'bob' }],
      [report, 'bob', { taskId: 't', assignee: 'bob' }],
    ];
    expect(phases(projection, MODE_TASK, steps)).toEqual(['Pending', 'Pending', 'Requested', 'InProgress', phase, 'Committed']);
    expect(projection.tasks.get('t')).toMatchObject({ status, assignee: 'bob' });
    expect([projection.completions.length, projection.failures.length]).toEqual(status === 'completed' ? [1, 0] : [0, 1]);
  });

  it('of a handoff', () => {
    const projection = new HandoffProjection();
    const steps: Step[] = [
      ['HandoffOffer', 'ann', { handoffId: 'h', targetParticipant: 'bob' }],
      ['HandoffContext', 'ann', { handoffId: 'h', contentType: 'text/plain' }],
      ['HandoffAccept', 'bob', { handoffId: 'h', acceptedBy: 'bob' }],
    ];
    const expected = ['Pending', 'Pending', 'OfferPending', 'ContextSharing', 'Accepted', 'Committed'];
    expect(phases(projection, MODE_HANDOFF, steps)).toEqual(expected);
    expect(projection.getHandoff('h')?.status).toBe('accepted');
  });

  it('of a quorum', () => {
    const projection = new QuorumProjection();
    const steps: Step[] = [
      ['ApprovalRequest', 'ann', { requestId: 'r', action: 'a', summary: 's', requiredApprovals: 1 }],
      ['Approve', 'bob', { requestId: 'r' }],
    ];
    expect(phases(projection, MODE_QUORUM, steps)).toEqual(['Pending', 'Pending', 'Voting', 'Voting', 'Committed']);
    expect(projection.ballots.get('r')?.get('bob')?.choice).toBe('APPROVE');
    expect([...projection.requests.keys()]).toEqual(['r']);
  });
});

describe('a projection', () => {
  it('holds each envelope once in its transcript', () => {
    const projection = new DecisionProjection();
    phases(projection, MODE_DECISION, [['Proposal', 'ann', { proposalId: 'p', option: 'o' }]]);
    expect(projection.transcript.map(({ messageType }) => messageType)).toEqual(['SessionStart', 'Proposal', 'Commitment']);
    expect(projection.isPositiveOutcome).toBe(true);
  });

  it('tells how proposals of a negotiation stand', () => {
    const projection = new ProposalProjection();
    const steps: Step[] = [
      ...['open', 'rejected', 'withdrawn', 'accepted'].map((id): Step => ['Proposal', 'ann', { proposalId: id, title: id }]),
      ['Reject', 'bob', { proposalId: 'rejected', terminal: true }],
      ['Withdraw', 'ann', { proposalId: 'withdrawn' }],
      ['Accept', 'bob', { proposalId: 'accepted', reason: 'fine' }],
    ];
    phases(projection, MODE_PROPOSAL, steps);
    expect([...projection.proposals.values()].map(({ proposalId, status }) => [proposalId, status])).toEqual(
      ['open', 'rejected', 'withdrawn', 'accepted'].map((id) => [id, id]),
    );
    expect(projection.accepts).toEqual([{ sender: 'bob', proposalId: 'accepted', reason: 'fine' }]);
    expect(projection.activeProposals().map(({ proposalId }) => proposalId)).toEqual(['open', 'accepted']);
  });
});
