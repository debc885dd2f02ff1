import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyRecord } from '../../replay.js';
import { SessionStartPayload } from '../../wire/payloads.js';
import type { Mode } from '../mode.js';
import { MODE_HANDOFF } from './id.js';
import { commitment, envelope, example, play, policy, start, START_MS, startRecord, type Setup } from '../play.test.support.js';
import { randomId, randomSessions } from '../random-sessions.test.support.js';
import { checkSessionStart } from '../start.js';
import { handoffMode } from './mode.js';

const setup: Setup = { mode: MODE_HANDOFF, initiator: 'owner', participants: ['owner', 't1', 't2'] };
const offer = (handoffId: string, targetParticipant: string) => ({ handoffId, targetParticipant });
const id = (handoffId: string) => ({ handoffId });

describe('worked examples of the handoff mode', () => {
  example('H1: offered with context, accepted, committed', setup, [
    ['owner', 'HandoffOffer', offer('h1', 't1'), 'ok'],
    ['owner', 'HandoffContext', id('h1'), 'ok'],
    ['t1', 'HandoffAccept', id('h1'), 'ok'],
    ['owner', 'HandoffContext', id('h1'), 'ok'],
    ['owner', 'Commitment', commitment('handoff.accepted', true), 'ok'],
  ]);

  example('H2: one pending offer, to someone else, answered by its target', setup, [
    ['t1', 'HandoffOffer', offer('h1', 't2'), 'FORBIDDEN'],
    ['owner', 'HandoffOffer', offer('h1', 'owner'), 'INVALID_ENVELOPE'],
    ['owner', 'HandoffOffer', offer('h1', 'zz'), 'INVALID_ENVELOPE'],
    ['t1', 'HandoffAccept', id('h1'), 'INVALID_ENVELOPE'],
    ['owner', 'HandoffOffer', offer('h1', 't1'), 'ok'],
    ['owner', 'HandoffOffer', offer('h2', 't2'), 'INVALID_ENVELOPE'],
    ['t2', 'HandoffAccept', id('h1'), 'FORBIDDEN'],
    ['t1', 'HandoffContext', id('h1'), 'FORBIDDEN'],
    ['owner', 'Commitment', commitment('handoff.accepted', true), 'INVALID_ENVELOPE'],
    ['t1', 'HandoffDecline', id('h1'), 'ok'],
    ['owner', 'HandoffOffer', offer('h2', 't2'), 'ok'],
    ['t2', 'HandoffAccept', id('h2'), 'ok'],
    ['owner', 'HandoffOffer', offer('h3', 't1'), 'INVALID_ENVELOPE'],
    ['owner', 'Commitment', commitment('handoff.accepted', true), 'ok'],
  ]);

  const implicit = { ...setup, policy: policy(MODE_HANDOFF, { acceptance: { implicit_accept_timeout_ms: 5000 } }, 1) };
  it('H3: a pending offer counts as accepted after the timeout, by acceptance times', () => {
    const view = play(implicit, [
      ['owner', 'HandoffOffer', offer('h1', 't1'), 'ok', 10_000],
      ['owner', 'Commitment', commitment('handoff.accepted', true), 'INVALID_ENVELOPE', 12_000],
      ['owner', 'Commitment', commitment('handoff.accepted', true), 'ok', 15_000],
    ]);
    const state = view.modeState as { offers: Map<string, object> };
    expect(state.offers.get('h1')).toMatchObject({ disposition: 'Accepted', implicit: true, decidedAtUnixMs: START_MS + 15_000 });
  });

  example('H3: a refused commitment leaves the offer pending', implicit, [
    ['owner', 'HandoffOffer', offer('h1', 't1'), 'ok', 10_000],
    ['owner', 'Commitment', commitment('handoff.accepted', true, { modeVersion: '2.0.0' }), 'INVALID_ENVELOPE', 16_000],
    ['t1', 'HandoffDecline', id('h1'), 'ok', 17_000],
  ]);

  example('H4: a positive outcome needs an accepted offer', setup, [
    ['owner', 'HandoffOffer', offer('h1', 't1'), 'ok'],
    ['t1', 'HandoffDecline', id('h1'), 'ok'],
    ['owner', 'Commitment', commitment('handoff.accepted', true), 'INVALID_ENVELOPE'],
    ['owner', 'Commitment', commitment('handoff.declined', false), 'ok'],
  ]);
});

describe('handoff mode', () => {
  example('refuses an implicit accept from a client, another name in accepted_by, and a second answer', setup, [
    ['owner', 'HandoffOffer', offer('h1', 't1'), 'ok'],
    ['t1', 'HandoffAccept', { handoffId: 'h1', implicit: true }, 'INVALID_ENVELOPE'],
    ['t1', 'HandoffAccept', { handoffId: 'h1', acceptedBy: 't2' }, 'INVALID_ENVELOPE'],
    ['t1', 'HandoffAccept', id('h1'), 'ok'],
    ['t1', 'HandoffDecline', id('h1'), 'INVALID_ENVELOPE'],
    ['t1', 'Vote', Buffer.alloc(0), 'INVALID_ENVELOPE'],
    ['x', 'HandoffAccept', id('h1'), 'FORBIDDEN'],
  ]);

  it('folds the accept that a newer runtime puts into history', () => {
    let view = start(setup);
    view = applyRecord(view, { kind: 'envelope', envelope: envelope(setup, 'owner', 'HandoffOffer', offer('h1', 't1')), atUnixMs: START_MS });
    const accept = { handoffId: 'h1', acceptedBy: 't1', implicit: true };
    view = applyRecord(view, { kind: 'envelope', envelope: envelope(setup, 't1', 'HandoffAccept', accept, 'implicit-accept:h1'), atUnixMs: START_MS + 1 });
    expect(view.modeState).toMatchObject({ phase: 'Accepted' });
  });

  it('starts only with two participants, the initiator among them', () => {
    const starts = (participants: string[]) =>
      checkSessionStart(handoffMode as Mode, SessionStartPayload.decode(startRecord({ ...setup, participants }).envelope.payload), 'owner').accepted;
    expect(starts(['owner'])).toBe(false);
    expect(starts(['t1', 't2'])).toBe(false);
    expect(starts(['owner', 't1'])).toBe(true);
  });
});

randomSessions(
  MODE_HANDOFF,
  fc.oneof(
    fc.record({ handoffId: randomId, targetParticipant: fc.constantFrom('a', 'b') }).map((payload) => ['HandoffOffer', payload] as const),
    fc.tuple(fc.constantFrom('HandoffContext', 'HandoffAccept', 'HandoffDecline'), fc.record({ handoffId: randomId })),
  ),
  { acceptance: { implicit_accept_timeout_ms: 5 } },
);
