import { encodePayload, MODE_DECISION } from '@macp-agent/protocol';
import { describe, expect, it } from 'vitest';
import { placeEvent } from './canonical-event.js';
import { envelopeEvents } from './envelope-events.js';
import { newRun } from './new-run.js';
import { readRunBundle } from './run-bundle.js';
import { explain, RunTrack, tallies } from './run-track.js';

const AT = Date.parse('2026-11-25T10:00:00Z');
const START = { intent: 'choose', participants: ['lead', 'a'], modeVersion: '1.0.0', configurationVersion: 'c', policyVersion: 'p', ttlMs: 60_000 };
const SENT = [
  ['lead', 'SessionStart', START],
  ['lead', 'Proposal', { proposalId: 'p1', option: 'ship it', rationale: '' }],
  ['a', 'Vote', { proposalId: 'p1', vote: 'APPROVE', reason: 'so' }],
  ['lead', 'Commitment', { commitmentId: 'c1', action: 'ship', authorityScope: 's', reason: 'r', outcomePositive: true }],
] as const;
const policy = { policyId: 'p', mode: '*', description: '', schemaVersion: 1, rules: { voting: { algorithm: 'majority', threshold: 0.5 } } };
const jsonLines = (lines: readonly object[]): string => `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;

/** As `GET /runs/:id/export?format=jsonl` answers. */
function exported(): string {
  const drafts = SENT.flatMap(([sender, messageType, payload], index) =>
    envelopeEvents(
      {
        macpVersion: '1.0',
        mode: MODE_DECISION,
        messageType,
        messageId: `m${index}`,
        sessionId: 'run-1',
        sender,
        timestampUnixMs: AT + index,
        payload: encodePayload(MODE_DECISION, messageType, payload) ?? Buffer.alloc(0),
      },
      index + 1,
    ),
  );
  const events = drafts.map((draft, index) => ({ type: 'canonical_event', event: placeEvent(draft, 'run-1', index + 1, new Date(AT).toISOString()) }));
  const run = { ...newRun('run-1', new Date(AT).toISOString(), { status: 'completed', metadata: { scenarioRef: 'x/y@1.0.0' } }), lastEventSeq: events.length };
  return jsonLines([{ type: 'header', run, exportedAt: '' }, ...events]);
}

/** As `macp runs export` writes. */
function transcript(outcome: object | undefined, control: readonly object[] = []): string {
  const entries = SENT.map(([sender, message_type, payload], index) => ({
    kind: index === 0 ? 'start' : 'envelope',
    seq: index + 1,
    atUnixMs: AT + index * 10,
    envelope: { mode: MODE_DECISION, message_type, message_id: `m${index}`, session_id: 'run-1', sender, timestamp: new Date(AT + index * 10).toISOString() },
    payload,
  }));
  const kept = outcome === undefined ? entries.slice(0, 3) : entries;
  const header = { kind: 'run', version: 1, runId: 'run-1', sessionId: 'run-1', scenarioRef: 'x/y@1.0.0', templateId: 'default', startedAtUnixMs: AT, policy };
  return jsonLines([header, ...kept, ...control, ...(outcome === undefined ? [] : [{ kind: 'outcome', durationMs: 40, ...outcome }])]);
}

const track = (text: string): RunTrack => {
  const made = new RunTrack();
  made.append(readRunBundle(text).events);
  return made;
};

describe('a run out of a file', () => {
  it('is the run that the API exported', () => {
    const { run, events } = readRunBundle(exported());
    expect(run).toMatchObject({ id: 'run-1', status: 'completed', metadata: { scenarioRef: 'x/y@1.0.0' }, lastEventSeq: events.length });
    expect(track(exported()).sessionAt()).toMatchObject({ ordinal: 4, state: 'RESOLVED', commitment: { action: 'ship' } });
  });

  it('is the run that macp recorded, with the rules of its policy', () => {
    const { run } = readRunBundle(transcript({ state: 'RESOLVED', reason: '', commitment: { action: 'ship', outcomePositive: true } }));
    expect(run).toMatchObject({ status: 'completed', lastOrdinal: 4, metadata: { finalAction: 'ship', outcomePositive: true, policyVersion: 'p' } });
    const session = track(transcript({ state: 'RESOLVED', reason: '' })).sessionAt();
    expect(session === undefined ? [] : tallies(session)[0]?.votes).toMatchObject([{ sender: 'a', vote: 'APPROVE' }]);
    expect(session === undefined ? [] : explain(session)?.rules.map(({ rule, passed }) => [rule, passed])).toContainEqual(['voting.majority', true]);
  });

  it('says how a recorded run ended that decided nothing, and how far one came that was killed', () => {
    const ends = (['CANCELLED', 'EXPIRED', 'FAILED'] as const).map((state) => readRunBundle(transcript({ state, reason: 'so it is' })).run);
    expect(ends.map(({ status, errorCode }) => [status, errorCode])).toEqual([
      ['cancelled', null],
      ['failed', 'SESSION_EXPIRED'],
      ['failed', 'INTERNAL_ERROR'],
    ]);
    expect(readRunBundle(transcript(undefined)).run).toMatchObject({ status: 'running', lastOrdinal: 3 });
    const suspended = track(transcript(undefined, [{ kind: 'suspend', atUnixMs: AT + 50, by: 'lead', reason: 'a person' }]));
    expect(suspended.rows.at(-1)).toMatchObject({ type: 'Suspended', sender: 'lead', summary: 'a person' });
    expect(suspended.sessionAt()?.state).toBe('SUSPENDED');
  });

  it('names the line of a file that is damaged, cut off, or something else', () => {
    const whole = exported().split('\n');
    expect(() => readRunBundle('')).toThrow('line 1 is no header of a run');
    expect(() => readRunBundle('{"kind":"other"}')).toThrow('line 1 is no header of a run');
    expect(() => readRunBundle('{"type":"header"}')).toThrow('line 1 has no run with id');
    expect(() => readRunBundle(exported().slice(0, -20))).toThrow(`line ${whole.length - 1} is not JSON`);
    expect(() => readRunBundle([...whole.slice(0, 3), ...whole.slice(4)].join('\n'))).toThrow('line 4 has the event 4, and 3 is next');
    expect(() => readRunBundle(`${whole[0]}\n[]\n`)).toThrow('line 2 is not a JSON object');
  });
});
