import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODE_MULTI_ROUND } from './id.js';
import { commitment, example, play, type Setup } from '../play.test.support.js';
import { randomSessions } from '../random-sessions.test.support.js';

const setup: Setup = { mode: MODE_MULTI_ROUND, initiator: 'coord', participants: ['al', 'bo'] };
const value = (text: string) => ({ value: text });

describe('worked examples of the multi-round mode', () => {
  it('R1: equal values converge', () => {
    const view = play(setup, [
      ['al', 'Contribute', value('a'), 'ok'],
      ['bo', 'Contribute', value('b'), 'ok'],
      ['bo', 'Contribute', value('a'), 'ok'],
      ['coord', 'Commitment', commitment('multi_round.converged', true), 'ok'],
    ]);
    expect(view.modeState).toMatchObject({ round: 3, converged: true, phase: 'Committed' });
  });

  example('R2: refuses early commitments, empty bytes and late values', setup, [
    ['coord', 'Commitment', commitment('multi_round.converged', true), 'INVALID_ENVELOPE'],
    ['coord', 'Contribute', value('a'), 'FORBIDDEN'],
    ['al', 'Contribute', Buffer.alloc(0), 'INVALID_ENVELOPE'],
    ['al', 'Contribute', value('a'), 'ok'],
    ['bo', 'Contribute', value('a'), 'ok'],
    ['al', 'Contribute', value('c'), 'INVALID_ENVELOPE'],
    ['al', 'Commitment', commitment('multi_round.converged', true), 'FORBIDDEN'],
  ]);

  it('R3: a repeat counts as no round, and JSON of old histories is read', () => {
    const view = play(setup, [
      ['al', 'Contribute', Buffer.from('{"value":"x"}'), 'ok'],
      ['al', 'Contribute', value('x'), 'ok'],
      ['bo', 'Contribute', value('x'), 'ok'],
    ]);
    expect(view.modeState).toMatchObject({ round: 2, converged: true });
  });
});

describe('multi-round mode', () => {
  example('takes an empty value in JSON, and refuses unknown types', setup, [
    ['al', 'Contribute', Buffer.from('{"value":"","extra":1}'), 'ok'],
    ['al', 'Vote', Buffer.alloc(0), 'INVALID_ENVELOPE'],
  ]);
});

randomSessions(
  MODE_MULTI_ROUND,
  fc.record({ value: fc.constantFrom('x', 'y') }).map((payload) => ['Contribute', payload] as const),
);
