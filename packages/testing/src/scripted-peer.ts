import type { Participant } from '@macp-agent/core';

/** What a scripted peer does once; what is left out is not done. A peer that does nothing is a participant that never answers. */
export interface PeerScript {
  /** Sent when the proposal arrives. */
  readonly evaluation?: { readonly recommendation: 'APPROVE' | 'REVIEW' | 'BLOCK' | 'REJECT'; readonly confidence?: number; readonly reason?: string };
  readonly objection?: { readonly severity: 'low' | 'medium' | 'high' | 'critical'; readonly reason?: string };
  /** Sent after the two above. */
  readonly vote?: 'APPROVE' | 'REJECT' | 'ABSTAIN';
}

/** A participant that follows a script, for `runAgents`: `{ 'fraud-agent': scriptedPeer({ vote: 'REJECT' }) }`. */
export function scriptedPeer({ evaluation, objection, vote }: PeerScript): (agent: Participant) => void {
  return (agent) => {
    let answered = false;
    agent.on('Proposal', async ({ proposalId, sender }, { actions, participant }) => {
      if (answered || proposalId === undefined || sender === participant.participantId) return;
      answered = true;
      if (evaluation !== undefined)
        await actions.evaluate({
          proposalId,
          recommendation: evaluation.recommendation,
          confidence: evaluation.confidence ?? 1,
          reason: evaluation.reason ?? 'scripted',
        });
      if (objection !== undefined) await actions.raiseObjection({ proposalId, severity: objection.severity, reason: objection.reason ?? 'scripted' });
      if (vote !== undefined) await actions.vote({ proposalId, vote, reason: 'scripted' });
    });
  };
}
