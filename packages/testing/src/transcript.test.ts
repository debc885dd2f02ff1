import { expect, it } from 'vitest';
import { transcriptLines, votesIn, type TranscriptEntry } from './transcript.js';

const vote = (sender: string, choice: string): TranscriptEntry => ({ messageType: 'Vote', sender, payload: { proposalId: 'p1', vote: choice, reason: '' } });
const proposal: TranscriptEntry = { messageType: 'Proposal', sender: 'lead', payload: { proposalId: 'p1', option: 'ship' } };

it('is the same text whichever of two voters was first', () => {
  const lines = ['lead Proposal proposalId=p1 option=ship', 'a Vote proposalId=p1 vote=APPROVE', 'b Vote proposalId=p1 vote=REJECT'];
  expect(transcriptLines([proposal, vote('a', 'APPROVE'), vote('b', 'REJECT')])).toEqual(lines);
  expect(transcriptLines([proposal, vote('b', 'REJECT'), vote('a', 'APPROVE')])).toEqual(lines);
});

it('lists votes by sender', () => {
  expect(votesIn([proposal, vote('b', 'REJECT'), vote('a', 'APPROVE')])).toEqual({ a: 'APPROVE', b: 'REJECT' });
});
