import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { isMacpError } from '../macp-error.js';
import { MODE_DECISION } from '../modes/decision/id.js';
import { MODE_MULTI_ROUND } from '../modes/multi-round/id.js';
import { MODE_QUORUM } from '../modes/quorum/id.js';
import { encodePayload } from '../payload-codec.js';
import { sessionMetadataSchema } from '../schemas/session-metadata.js';
import { AgentManifest, ModeDescriptor } from '../wire/discovery.js';
import { Ack, Envelope, WireError } from '../wire/envelope.js';
import { arbitraryMessage } from '../wire/message.test.support.js';
import { CommitmentPayload, SessionStartPayload } from '../wire/payloads.js';
import { PolicyDescriptor } from '../wire/policy.js';
import { SessionLifecycleEvent, SessionMetadata } from '../wire/sessions.js';
import { StreamSessionResponse } from '../wire/transport.js';
import { fromJson, toJson } from './codec.js';
import { fromTimestamp, toTimestamp } from './timestamp.js';

const frame = {
  macpVersion: '1.0',
  messageId: 'm-1',
  sessionId: '4b1a9a52-6c0e-4f0e-9c55-0f6a2b7d9e10',
  sender: 'agent://al',
  timestampUnixMs: Date.parse('2026-11-20T10:15:05.250Z'),
};
const through = <T>(json: T): T => JSON.parse(JSON.stringify(json)) as T;

describe('JSON of an envelope', () => {
  it('writes the payload decoded, the time as RFC 3339 and nothing in camel case', () => {
    const payload = encodePayload(MODE_QUORUM, 'Approve', { requestId: 'r1', reason: 'good' }) as Buffer;
    expect(toJson(Envelope, { ...frame, mode: MODE_QUORUM, messageType: 'Approve', payload })).toEqual({
      macp_version: '1.0',
      mode: MODE_QUORUM,
      message_type: 'Approve',
      message_id: 'm-1',
      session_id: frame.sessionId,
      sender: 'agent://al',
      timestamp: '2026-11-20T10:15:05.250Z',
      payload: { request_id: 'r1', reason: 'good' },
    });
  });

  it('reads the published examples', () => {
    const approve = fromJson(Envelope, {
      macp_version: '1.0',
      mode: MODE_QUORUM,
      message_type: 'Approve',
      message_id: 'm-0003',
      session_id: frame.sessionId,
      sender: 'agent://al',
      timestamp: '2026-11-20T10:15:05Z',
      payload_b64: 'CgJyMRIEZ29vZA==',
    });
    expect(toJson(Envelope, approve)['payload']).toEqual({ request_id: 'r1', reason: 'good' });
    const signal = fromJson(Envelope, {
      macp_version: '1.0',
      mode: '',
      message_type: 'Signal',
      message_id: 's-17',
      session_id: '',
      sender: 'agent://al',
      timestamp: '2026-11-20T10:15:02.250Z',
      payload: { signal_type: 'heartbeat', extra: 1 },
    });
    expect(signal.payload.length).toBeGreaterThan(0);
    const start = fromJson(Envelope, {
      ...toJson(Envelope, { ...frame, mode: MODE_QUORUM, messageType: 'SessionStart' }),
      payload_b64: null,
      payload: { participants: ['a'], ttl_ms: '600000', extensions: { 'x-trace': 'YWJj' } },
    });
    expect(SessionStartPayload.decode(start.payload)).toMatchObject({ participants: ['a'], ttlMs: 600_000, extensions: { 'x-trace': Buffer.from('abc') } });
  });

  it('keeps bytes that decoding would lose', () => {
    const legacy = { ...frame, mode: MODE_MULTI_ROUND, messageType: 'Contribute', payload: Buffer.from('{"value":"x"}') };
    const opaque = { ...frame, mode: 'ext.other.v1', messageType: 'Bid', payload: Buffer.from([1, 2, 3]) };
    const unknownField = { ...frame, mode: MODE_DECISION, messageType: 'Vote', payload: Buffer.from('0a027031980307', 'hex') };
    const negativeOutcome = {
      ...frame,
      mode: MODE_DECISION,
      messageType: 'Commitment',
      payload: CommitmentPayload.encode({ commitmentId: 'c', outcomePositive: false }),
    };
    for (const envelope of [legacy, opaque, unknownField]) {
      expect(toJson(Envelope, envelope)).toHaveProperty('payload_b64');
      expect(fromJson(Envelope, through(toJson(Envelope, envelope)))).toEqual(envelope);
    }
    expect(toJson(Envelope, negativeOutcome)['payload']).toMatchObject({ outcome_positive: false, reason: '' });
  });

  it.each([
    [{ payload: {}, payload_b64: '' }, 'exactly one of payload and payload_b64'],
    [{}, 'exactly one of payload and payload_b64'],
    [{ payload_b64: '%%' }, 'payload_b64 must be base64'],
    [{ payload: { vote: 7 } }, 'payload.vote must be a string'],
    [{ payload: [] }, 'payload must be an object'],
    [{ payload_b64: '', timestamp: 'yesterday' }, 'timestamp must be an RFC 3339 time'],
    [{ payload_b64: '', sender: 7 }, 'sender must be a string'],
    [{ payload: {}, message_type: 'Bid' }, 'send its bytes as payload_b64'],
  ])('refuses %j', (changes, text) => {
    const json = {
      macp_version: '1.0',
      mode: MODE_DECISION,
      message_type: 'Vote',
      message_id: 'm',
      session_id: 's',
      sender: 'a',
      timestamp: '2026-11-20T10:15:05Z',
      ...changes,
    };
    expect(() => fromJson(Envelope, json)).toThrow(expect.objectContaining({ code: 'INVALID_MESSAGE', message: expect.stringContaining(text) }));
  });
});

describe('RFC 3339 times', () => {
  it.each([
    ['2026-11-20T10:15:00Z', Date.UTC(2026, 10, 20, 10, 15)],
    ['2026-11-20t10:15:00.123456789z', Date.UTC(2026, 10, 20, 10, 15, 0, 123)],
    ['2026-11-20T12:15:00.5+02:00', Date.UTC(2026, 10, 20, 10, 15, 0, 500)],
    ['2026-11-19T23:45:00-10:30', Date.UTC(2026, 10, 20, 10, 15)],
  ])('reads %s', (text, unixMs) => {
    expect(fromTimestamp(text)).toBe(unixMs);
  });

  it.each(['', '2026-11-20', '2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '2026-11-20T24:00:00Z', '2026-11-20T10:15:00', '2026-11-20 10:15:00Z'])(
    'refuses "%s"',
    (text) => {
      expect(() => fromTimestamp(text)).toThrow('RFC 3339');
    },
  );

  it('writes the nearest time it can for one outside its years', () => {
    expect(toTimestamp(Number.MAX_SAFE_INTEGER)).toBe('9999-12-31T23:59:59.999Z');
    expect(toTimestamp(Number.MIN_SAFE_INTEGER)).toBe('0000-01-01T00:00:00.000Z');
  });
});

describe('JSON of other messages', () => {
  const documents = [Ack, WireError, SessionMetadata, SessionLifecycleEvent, AgentManifest, ModeDescriptor, SessionStartPayload, CommitmentPayload];
  it.each(documents.map((message) => [message.typeName, message] as const))('round-trips any %s', (_name, message) => {
    fc.assert(
      fc.property(arbitraryMessage(message), (value) => {
        expect(fromJson(message as never, through(toJson(message as never, value as never)))).toEqual(value);
      }),
    );
  });

  it('round-trips any envelope, also inside other messages', () => {
    const mode = fc.constantFrom(MODE_DECISION, MODE_QUORUM, MODE_MULTI_ROUND, '', 'ext.other.v1');
    const messageType = fc.constantFrom('SessionStart', 'Vote', 'Approve', 'Contribute', 'Signal', 'Bid', 'constructor');
    const envelopes = fc.record({
      mode,
      messageType,
      payload: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      sender: fc.string(),
      timestampUnixMs: fc.integer({ min: 0, max: 4e12 }),
    });
    fc.assert(
      fc.property(envelopes, (changes) => {
        const envelope = { ...frame, ...changes };
        expect(fromJson(Envelope, through(toJson(Envelope, envelope)))).toEqual(envelope);
        expect(fromJson(StreamSessionResponse, through(toJson(StreamSessionResponse, { envelope })))).toEqual({ envelope });
      }),
    );
  });

  it('never fails with another error, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(Ack, Envelope, PolicyDescriptor, SessionMetadata), (json, message) => {
        expect(['read', 'INVALID_MESSAGE']).toContain(outcome(() => fromJson(message as never, json)));
      }),
    );
  });

  it('writes zero values, leaves absent messages out, and reads missing and null members', () => {
    expect(toJson(Ack, { ok: true })).toEqual({
      ok: true,
      duplicate: false,
      message_id: '',
      session_id: '',
      accepted_at_unix_ms: 0,
      session_state: 'SESSION_STATE_UNSPECIFIED',
    });
    expect(fromJson(Ack, { ok: true, error: null })).toEqual({
      ok: true,
      duplicate: false,
      messageId: '',
      sessionId: '',
      acceptedAtUnixMs: 0,
      sessionState: 'SESSION_STATE_UNSPECIFIED',
    });
    expect(fromJson(Ack, { session_state: 'SESSION_STATE_NEWER' }).sessionState).toBe('SESSION_STATE_UNSPECIFIED');
  });

  it('names the path of what does not fit', () => {
    expect(() => fromJson(Ack, { error: { code: 7 } })).toThrow('reading a macp.v1.Ack from JSON: error.code must be a string');
    expect(() => fromJson(AgentManifest, { transport_endpoints: [{ metadata: { a: 1 } }] })).toThrow('transport_endpoints.0.metadata must be a string');
    expect(() => fromJson(SessionMetadata, { participant_activity: [{ message_count: -1 }] })).toThrow(
      'participant_activity.0.message_count must be an integer between 0 and 4294967295',
    );
  });

  it('has the rules of a policy as an object, and as text what is none', () => {
    const policy = PolicyDescriptor.decode(
      PolicyDescriptor.encode({ policyId: 'policy.x', mode: '*', rules: '{"voting":{"threshold":0.6}}', schemaVersion: 1 }),
    );
    const json = toJson(PolicyDescriptor, policy);
    expect(json).toEqual({
      policy_id: 'policy.x',
      mode: '*',
      description: '',
      schema_version: 1,
      registered_at_unix_ms: 0,
      rules: { voting: { threshold: 0.6 } },
    });
    expect(fromJson(PolicyDescriptor, through(json))).toEqual(policy);
    expect(toJson(PolicyDescriptor, { rules: '{' })['rules']).toBe('{');
    expect(fromJson(PolicyDescriptor, {}).rules).toBe('{}');
    expect(() => fromJson(PolicyDescriptor, { rules: 7 })).toThrow('rules must be an object');
  });

  it('fits the schema of session metadata', () => {
    const validate = new Ajv2020({ strict: true }).compile(sessionMetadataSchema);
    const metadata = {
      sessionId: 's',
      mode: MODE_DECISION,
      state: 'SESSION_STATE_OPEN',
      modeVersion: '1.0.0',
      participantActivity: [{ participantId: 'a', messageCount: 1, lastMessageAtUnixMs: 1 }],
    } as const;
    validate(through(toJson(SessionMetadata, { ...metadata, participantActivity: [...metadata.participantActivity] })));
    expect(validate.errors).toBeNull();
  });
});

function outcome(read: () => unknown): string {
  try {
    read();
    return 'read';
  } catch (error) {
    return isMacpError(error) ? error.code : String(error);
  }
}
