import { encodePayload, MODE_DECISION, MODE_QUORUM, type Envelope } from '@macp-agent/protocol';
import { describe, expect, it } from 'vitest';
import { policyResolvedEvent, runEvent, stateEvent } from '../observer/lifecycle-events.js';
import { placeEvent, type CanonicalEvent, type EventDraft } from './canonical-event.js';
import { compareRuns } from './divergence.js';
import { ambientEvents, ambientSessionId, envelopeEvents } from './envelope-events.js';
import { explain, RunTrack, tallies, votingRule } from './run-track.js';

const SESSION = '4b1a9a52-6c0e-4f0e-9c55-0f6a2b7d9e10';
const at = Date.parse('2026-11-25T10:00:00Z');
const POLICY = { voting: { algorithm: 'majority', threshold: 0.6, quorum: { type: 'percentage', value: 50 } }, commitment: { require_vote_quorum: true } };

let messages = 0;
const envelope = (sender: string, messageType: string, payload: object): Envelope => ({
  macpVersion: '1.0',
  mode: MODE_DECISION,
  messageType,
  messageId: `m${(messages += 1)}`,
  sessionId: SESSION,
  sender,
  timestampUnixMs: at + messages * 100,
  payload: encodePayload(MODE_DECISION, messageType, payload) ?? Buffer.alloc(0),
});

/** The events of a decision among four, as they are recorded. */
function record(votes: readonly string[], commit?: { action: string; outcomePositive: boolean }): CanonicalEvent[] {
  const participants = ['lead', 'a', 'b', 'c'];
  const sent = [
    envelope('lead', 'SessionStart', { intent: 'choose', participants, modeVersion: '1.0.0', configurationVersion: 'c', policyVersion: 'p', ttlMs: 60_000 }),
    envelope('lead', 'Proposal', { proposalId: 'p1', option: 'ship it' }),
    ...votes.map((vote, index) => envelope(participants[index + 1] ?? '', 'Vote', { proposalId: 'p1', vote, reason: 'so' })),
    ...(commit === undefined ? [] : [envelope('lead', 'Commitment', { commitmentId: 'c1', authorityScope: 's', reason: 'r', ...commit })]),
  ];
  const policy = policyResolvedEvent('p', {
    policyId: 'p',
    mode: '*',
    description: '',
    rules: JSON.stringify(POLICY),
    schemaVersion: 1,
    registeredAtUnixMs: 0,
  });
  const drafts: EventDraft[] = sent.flatMap((item, index) => envelopeEvents(item, index + 1));
  // The policy comes when it comes; the fold must not care.
  if (policy !== undefined) drafts.splice(1, 0, policy);
  return drafts.map((draft, index) => placeEvent(draft, SESSION, index + 1, new Date(at).toISOString()));
}

const track = (events: readonly CanonicalEvent[]): RunTrack => {
  const made = new RunTrack();
  made.append(events);
  return made;
};

describe('the fold of a recorded run', () => {
  it('tallies votes per proposal and names who is missing', () => {
    const session = track(record(['APPROVE', 'REJECT'])).sessionAt();
    expect(session === undefined ? [] : tallies(session)).toMatchObject([
      {
        option: 'ship it',
        pending: ['lead', 'c'],
        votes: [
          { sender: 'a', vote: 'APPROVE' },
          { sender: 'b', vote: 'REJECT' },
        ],
      },
    ]);
    expect(session === undefined ? undefined : votingRule(session)).toEqual({ algorithm: 'majority', threshold: 0.6, quorum: 2 });
  });

  it('explains what a positive commitment still lacks, and after it why it was accepted', () => {
    const open = track(record(['APPROVE', 'REJECT'])).sessionAt();
    const waiting = open === undefined ? undefined : explain(open);
    expect(waiting?.judged).toBe('hypothetical');
    expect(waiting?.rules.filter((rule) => !rule.passed).map((rule) => rule.rule)).toEqual(['voting.majority']);
    const done = track(record(['APPROVE', 'REJECT', 'APPROVE'], { action: 'decision.selected', outcomePositive: true })).sessionAt();
    expect(done === undefined ? undefined : explain(done)).toMatchObject({ judged: 'committed', allowed: true });
  });

  it('shows the session as it stood at any event, the same as a fold from the start', () => {
    const events = record(['APPROVE', 'REJECT', 'APPROVE'], { action: 'decision.selected', outcomePositive: true });
    const whole = track(events);
    // The first event comes before the policy is known.
    for (const { seq } of events.slice(1)) expect(whole.sessionAt(seq)).toEqual(track(events.slice(0, seq)).sessionAt());
    expect(whole.sessionAt(0)).toBeUndefined();
    expect(whole.sessionAt()?.state).toBe('RESOLVED');
  });

  it('tallies the ballots of a quorum session against the approvals it asks for', () => {
    const quorum = (sender: string, messageType: string, payload: object): Envelope => ({
      ...envelope(sender, messageType, {}),
      mode: MODE_QUORUM,
      payload: encodePayload(MODE_QUORUM, messageType, payload) ?? Buffer.alloc(0),
    });
    const sent = [
      quorum('lead', 'SessionStart', { participants: ['a', 'b', 'c'], modeVersion: '1.0.0', configurationVersion: 'c', ttlMs: 60_000 }),
      quorum('lead', 'ApprovalRequest', { requestId: 'r1', action: 'deploy', summary: 'Deploy 2.0', requiredApprovals: 2 }),
      quorum('a', 'Approve', { requestId: 'r1', reason: 'tests pass' }),
      quorum('b', 'Abstain', { requestId: 'r1' }),
    ];
    const drafts = sent.flatMap((item, index) => envelopeEvents(item, index + 1));
    const session = track(drafts.map((draft, index) => placeEvent(draft, SESSION, index + 1, new Date(at).toISOString()))).sessionAt();
    expect(session === undefined ? [] : tallies(session)).toMatchObject([
      {
        option: 'Deploy 2.0',
        pending: ['c'],
        votes: [
          { sender: 'a', vote: 'APPROVE' },
          { sender: 'b', vote: 'ABSTAIN' },
        ],
      },
    ]);
    expect(session === undefined ? undefined : votingRule(session)).toMatchObject({ needed: 2 });
  });

  it('takes events in any portions, and each once', () => {
    const events = record(['APPROVE']);
    const portions = new RunTrack();
    portions.append(events.slice(0, 3));
    portions.append(events.slice(1));
    portions.append(events);
    expect(portions.rows.map((row) => row.ordinal)).toEqual([1, 2, 3]);
  });

  it('folds two thousand envelopes and goes back in them fast', () => {
    const participants = Array.from({ length: 20 }, (_, index) => `agent-${index}`);
    const sent = [
      envelope('agent-0', 'SessionStart', { participants, modeVersion: '1.0.0', configurationVersion: 'c', ttlMs: 60_000 }),
      envelope('agent-0', 'Proposal', { proposalId: 'p1', option: 'x' }),
      ...Array.from({ length: 1_998 }, (_, index) =>
        envelope(participants[index % 20] ?? '', 'Evaluation', { proposalId: 'p1', recommendation: 'REVIEW', confidence: 0.5 }),
      ),
    ];
    const events = sent
      .flatMap((item, index) => envelopeEvents(item, index + 1))
      .map((draft, index) => placeEvent(draft, SESSION, index + 1, new Date(at).toISOString()));
    const startedMs = performance.now();
    const big = track(events);
    for (let seq = 0; seq < events.length; seq += 50) big.sessionAt(seq);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(big.sessionAt()?.ordinal).toBe(2_000);
  });

  it('shows what the runtime did to a session once, whether its history or its watch tells of it first', () => {
    const start = record([]);
    const suspend = envelopeEvents(envelope('_runtime', 'SessionSuspend', { reason: 'a question', suspendedBy: 'lead' }), 3);
    const resume = envelopeEvents(envelope('_runtime', 'SessionResume', { reason: '', resumedBy: 'lead', bankedMs: 5_000 }), 4);
    const run = { id: SESSION, runtimeSessionId: SESSION };
    const watch = (type: 'run.suspended' | 'run.resumed', state: 'SUSPENDED' | 'OPEN'): EventDraft[] => [
      runEvent(type, run, {}),
      stateEvent(SESSION, state, undefined, ''),
    ];
    for (const drafts of [
      [...suspend, ...watch('run.suspended', 'SUSPENDED'), ...resume, ...watch('run.resumed', 'OPEN')],
      [...watch('run.suspended', 'SUSPENDED'), ...suspend, ...watch('run.resumed', 'OPEN'), ...resume],
    ]) {
      const made = track([...start, ...drafts.map((draft, index) => placeEvent(draft, SESSION, start.length + 1 + index, new Date(at).toISOString()))]);
      expect(made.rows.slice(2).map(({ type, sender, ordinal, kind }) => [type, sender, ordinal, kind])).toEqual([
        ['Suspended', 'lead', 3, 'state'],
        ['Resumed', 'lead', 4, 'state'],
      ]);
      expect(made.sessionAt()).toMatchObject({ state: 'OPEN', ordinal: 4 });
    }
  });

  it('says what two starts differ in, and goes on behind them', () => {
    const left = track(record(['APPROVE'])).rows;
    const events = record(['APPROVE']);
    const start = events.find((event) => event.data['messageType'] === 'SessionStart');
    const payload = { ...(start?.data['payload'] as object), policyVersion: 'policy.strict' };
    const right = track(events.map((event) => (event === start ? { ...event, data: { ...event.data, payload } } : event))).rows;
    expect(compareRuns(left, right)).toEqual({ start: [{ name: 'policyVersion', left: 'p', right: 'policy.strict' }], divergence: undefined });
  });

  it('finds where two runs part, whatever their ids and times', () => {
    const left = track(record(['APPROVE', 'REJECT'])).rows;
    const same = track(record(['APPROVE', 'REJECT'])).rows;
    const other = track(record(['APPROVE', 'APPROVE'])).rows;
    expect(compareRuns(left, same)).toEqual({ start: [], divergence: undefined });
    expect(compareRuns(left, other).divergence).toMatchObject({
      common: 3,
      left: { summary: 'REJECT — so' },
      right: { summary: 'APPROVE — so' },
      fields: [{ name: 'vote', left: 'REJECT', right: 'APPROVE' }],
    });
  });
});

describe('events of envelopes', () => {
  it('keeps bytes that it cannot read', () => {
    const opaque: Envelope = { ...envelope('a', 'Vote', {}), messageType: 'x.Custom', payload: Buffer.from([0xff, 0x00]) };
    expect(envelopeEvents(opaque, 7)[0]).toMatchObject({ type: 'message.received', data: { ordinal: 7, payloadBase64: '/wA=' } });
  });

  it('counts the tokens of a model call and leaves prompt and answer out', () => {
    const payload = {
      signalType: 'llm.call.completed',
      data: Buffer.from(JSON.stringify({ prompt_tokens: 10, completionTokens: 5, model: 'm', prompt: 'secret text' })),
      correlationSessionId: SESSION,
    };
    const signal: Envelope = {
      ...envelope('a', 'Vote', {}),
      mode: '',
      sessionId: '',
      messageType: 'Signal',
      payload: encodePayload('', 'Signal', payload) ?? Buffer.alloc(0),
    };
    expect(ambientSessionId(signal)).toBe(SESSION);
    const [event] = ambientEvents(signal);
    expect(event).toMatchObject({
      type: 'llm.call.completed',
      data: { sender: 'a', decodedPayload: { promptTokens: 10, completionTokens: 5, totalTokens: 15, model: 'm' } },
    });
    expect(JSON.stringify(event)).not.toContain('secret text');
  });
});
