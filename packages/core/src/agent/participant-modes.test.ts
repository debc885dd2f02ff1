import { MODE_DECISION, MODE_HANDOFF, MODE_PROPOSAL, MODE_QUORUM, type Envelope, type ProposalModeProposalPayload } from '@macp-agent/protocol';
import { startRuntime } from '@macp-agent/runtime';
import { describe, expect, it } from 'vitest';
import { Auth } from '../auth.js';
import { MacpClient } from '../client.js';
import { buildEnvelope, buildSessionStartPayload } from '../envelope.js';
import { newSessionId } from '../ids.js';
import { Participant } from './participant.js';
import type { ParticipantConfig } from './participant-config.js';

const sessionStart = { intent: 'x', participants: ['ann', 'bob'], ttlMs: 60_000 };

/** Two agents in one session; ann starts it with the kickoff. */
async function together(mode: string, kickoff: { messageType: string; payload: object }, script: (ann: Participant, bob: Participant) => void) {
  await using runtime = await startRuntime();
  const sessionId = newSessionId();
  const make = (participantId: string, more: Partial<ParticipantConfig> = {}): Participant => {
    const client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent(participantId) });
    return new Participant({ participantId, sessionId, mode, client, ownsClient: true, ...more });
  };
  const [ann, bob] = [make('ann', { initiator: { sessionStart, kickoff } }), make('bob')];
  script(ann, bob);
  const [result] = await Promise.all([ann.run(), bob.run()]);
  return result;
}

const outcome = { action: 'done', authorityScope: 's', reason: 'r' };

describe('an agent', () => {
  it('negotiates with the verbs of the proposal mode', async () => {
    const result = await together(MODE_PROPOSAL, { messageType: 'Proposal', payload: { proposalId: 'p1', title: 'first' } }, (ann, bob) => {
      bob.on('Proposal', async ({ sender }, { actions }) => {
        if (sender === 'ann') await actions.counterPropose({ proposalId: 'p2', supersedesProposalId: 'p1', title: 'second' });
      });
      bob.on('CounterProposal', async (_event, { actions }) => void (await actions.accept({ proposalId: 'p2' })));
      ann.on('CounterProposal', async (_event, { actions }) => void (await actions.accept({ proposalId: 'p2' })));
      ann.onPhaseChange('Converged', async (_phase, { actions }) => void (await actions.commit(outcome)));
    });
    expect(result).toMatchObject({ state: 'RESOLVED' });
  });

  it('takes a decision proposal for one of the proposal mode', async () => {
    const result = await together(MODE_PROPOSAL, { messageType: 'Proposal', payload: { proposalId: 'p1', title: 'first' } }, (ann, bob) => {
      bob.on('Proposal', async ({ sender }, { actions }) => {
        if (sender === 'ann') await actions.propose({ proposalId: 'p2', option: 'second', rationale: 'better' });
      });
      ann.on('Proposal', async ({ sender, raw }, { actions }) => {
        const { title, summary } = raw.decodedPayload as ProposalModeProposalPayload;
        if (sender === 'bob') await actions.cancel(`${title}: ${summary}`);
      });
    });
    expect(result).toMatchObject({ state: 'CANCELLED', reason: 'second: better' });
  });

  it('hands over and answers with the verbs of the handoff mode', async () => {
    const result = await together(MODE_HANDOFF, { messageType: 'HandoffOffer', payload: { handoffId: 'h', targetParticipant: 'bob' } }, (ann, bob) => {
      ann.on('HandoffOffer', async (_event, { actions }) => void (await actions.addContext({ handoffId: 'h', contentType: 'text/plain', context: 'notes' })));
      bob.onPhaseChange('ContextSharing', async (_phase, { actions }) => void (await actions.acceptHandoff({ handoffId: 'h', acceptedBy: 'bob' })));
      ann.onPhaseChange('Accepted', async (_phase, { actions }) => void (await actions.commit(outcome)));
    });
    expect(result).toMatchObject({ state: 'RESOLVED' });
  });

  it('casts ballots with the verbs of the quorum mode', async () => {
    const request = { requestId: 'r', action: 'a', summary: 's', requiredApprovals: 1 };
    const result = await together(MODE_QUORUM, { messageType: 'ApprovalRequest', payload: request }, (ann, bob) => {
      bob.onPhaseChange('Voting', async (_phase, { actions }) => void (await actions.reject({ requestId: 'r', reason: 'no' })));
      ann.on('Reject', async (_event, { actions }) => {
        await actions.approve({ requestId: 'r' });
        await actions.commit(outcome);
      });
    });
    expect(result).toMatchObject({ state: 'RESOLVED' });
  });
});

describe('a verb of another mode', () => {
  it('fails without sending', async () => {
    const client = new MacpClient({ address: '127.0.0.1:1', allowInsecure: true, auth: Auth.devAgent('ann') });
    const participant = new Participant({ participantId: 'ann', sessionId: newSessionId(), mode: MODE_QUORUM, client });
    await expect(participant.actions.vote({ proposalId: 'p', vote: 'APPROVE' })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    await client.close();
  });
});

describe('processEvent', () => {
  const setUp = () => {
    const client = new MacpClient({ address: '127.0.0.1:1', allowInsecure: true, auth: Auth.devAgent('ann') });
    const sessionId = newSessionId();
    const participant = new Participant({ participantId: 'ann', sessionId, mode: MODE_DECISION, client, ownsClient: true });
    const envelope = (messageType: string, sender: string, payload: object): Envelope =>
      buildEnvelope({ mode: MODE_DECISION, messageType, sessionId, sender, payload });
    return { participant, envelope };
  };

  it('calls handlers and strategies without a runtime', async () => {
    const { participant, envelope } = setUp();
    const seen: unknown[] = [];
    participant
      .on('Proposal', ({ payload, seq }, ctx) => void seen.push([payload.option, seq, ctx.decision?.phase]))
      .onPhaseChange('Evaluation', (phase) => void seen.push(phase))
      .onChange(({ decision }) => void seen.push(decision?.proposals.size));
    await participant.processEvent(envelope('SessionStart', 'bob', buildSessionStartPayload(sessionStart)));
    await participant.processEvent(envelope('Proposal', 'bob', { proposalId: 'p', option: 'o' }));
    expect(seen).toEqual([0, ['o', 2, 'Evaluation'], 'Evaluation', 1]);
  });

  it('throws what a handler throws', async () => {
    const { participant, envelope } = setUp();
    participant.on('SessionStart', () => {
      throw new RangeError('too much');
    });
    const error: unknown = await participant
      .processEvent(envelope('SessionStart', 'bob', buildSessionStartPayload(sessionStart)))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'HANDLER_FAILED', cause: expect.any(RangeError) as unknown });
  });
});
