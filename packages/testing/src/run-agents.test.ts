import { commitAfterVotes } from '@macp-agent/core';
import { describe, expect, it } from 'vitest';
import { runAgents, type Wiring } from './run-agents.js';
import { scriptedPeer } from './scripted-peer.js';
import { transcriptLines } from './transcript.js';

const lead: Wiring = (agent) =>
  agent.use(
    commitAfterVotes({ decide: ({ votes }) => ({ action: 'ship', outcomePositive: true, reason: `${votes.length} votes`, authorityScope: 'release' }) }),
  );

describe('runAgents', () => {
  it('plays a session to its commitment and returns the transcript', async () => {
    const peer = scriptedPeer({ evaluation: { recommendation: 'APPROVE' }, objection: { severity: 'low' }, vote: 'APPROVE' });
    const { result, results, transcript } = await runAgents({ agents: { lead, peer } });
    expect(result).toMatchObject({ state: 'RESOLVED', commitment: { action: 'ship', reason: '1 votes' } });
    expect(results['peer']?.state).toBe('RESOLVED');
    expect(transcriptLines(transcript).slice(1)).toEqual([
      'lead Proposal proposalId=p1 option=decide',
      'peer Evaluation proposalId=p1 recommendation=APPROVE confidence=1 reason=scripted',
      'peer Objection proposalId=p1 severity=low reason=scripted',
      'peer Vote proposalId=p1 vote=APPROVE reason=scripted',
      'lead Commitment action=ship outcomePositive=true reason=1 votes',
    ]);
  });

  it('gives agents their role and the inputs', async () => {
    const seen: unknown[] = [];
    const wire: Wiring = (agent) => agent.on('Proposal', (_event, { inputs, participant }) => void seen.push(inputs, participant.bootstrap?.participant.role));
    await runAgents({
      agents: { lead: (agent) => agent.on('Proposal', (_event, { actions }) => actions.cancel('seen')), peer: { role: 'watcher', wire } },
      inputs: { amount: 3 },
    });
    expect(seen).toEqual([{ amount: 3 }, 'watcher']);
  });

  it('stops everyone and rejects when an agent fails', async () => {
    const broken: Wiring = () => {
      throw new Error('wired wrongly');
    };
    await expect(runAgents({ agents: { lead, broken } })).rejects.toThrow('wired wrongly');
  });

  it('stops everyone when it is aborted', async () => {
    const { result } = await runAgents({ agents: { lead, peer: scriptedPeer({}) }, signal: AbortSignal.timeout(300) });
    expect(result.state).toBe('STOPPED');
  });
});
