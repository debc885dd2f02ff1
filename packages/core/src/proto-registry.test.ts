import { MODE_DECISION, MODE_MULTI_ROUND } from '@macp-agent/protocol';
import { describe, expect, it } from 'vitest';
import { MacpSessionError } from './errors.js';
import { ProtoRegistry, serializeMessage } from './proto-registry.js';

const registry = new ProtoRegistry();
const vote = { proposalId: 'p1', vote: 'APPROVE', reason: 'fine' };

describe('ProtoRegistry', () => {
  it('names payload types, and says when it does not know one', () => {
    expect(registry.getKnownTypeName(MODE_DECISION, 'Vote')).toBe('macp.modes.decision.v1.VotePayload');
    expect(registry.getKnownTypeName(MODE_DECISION, 'SessionStart')).toBe('macp.v1.SessionStartPayload');
    expect(registry.getKnownTypeName('ext.chess.v1', 'Move')).toBeUndefined();
  });

  it('encodes and decodes by (mode, message type) and by name', () => {
    const bytes = registry.encodeKnownPayload(MODE_DECISION, 'Vote', vote);
    expect(registry.decodeKnownPayload(MODE_DECISION, 'Vote', bytes)).toEqual(vote);
    expect(registry.decodeMessage('macp.modes.decision.v1.VotePayload', bytes)).toEqual(vote);
    expect(registry.encodeMessage('macp.modes.decision.v1.VotePayload', vote)).toEqual(bytes);
    expect(serializeMessage(registry, MODE_DECISION, 'Vote', vote)).toEqual(bytes);
    expect(registry.decodeMessage('macp.v1.Ack', registry.encodeMessage('macp.v1.Ack', { messageId: 'm' }))).toMatchObject({ ok: false, messageId: 'm' });
  });

  it('gives payloads of unknown types as JSON or text', () => {
    expect(registry.decodeKnownPayload('ext.chess.v1', 'Move', Buffer.from('{"to":"e4"}'))).toEqual({ encoding: 'json', json: { to: 'e4' } });
    expect(registry.decodeKnownPayload('ext.chess.v1', 'Move', Buffer.from('e4'))).toEqual({ encoding: 'text', text: 'e4', payloadBase64: 'ZTQ=' });
  });

  it('reads the old JSON form of a Contribute', () => {
    expect(registry.decodeKnownPayload(MODE_MULTI_ROUND, 'Contribute', Buffer.from('{"value":"blue"}'))).toEqual({ value: 'blue' });
  });

  it('refuses names and payloads that it does not know', () => {
    expect(() => registry.encodeMessage('macp.v1.Nothing', {})).toThrow(MacpSessionError);
    expect(() => registry.encodeKnownPayload('ext.chess.v1', 'Move', {})).toThrow(/no payload type is known for Move/);
    expect(() => registry.decodeKnownPayload(MODE_DECISION, 'Vote', Buffer.from([0xff]))).toThrow(/not a macp.modes.decision.v1.VotePayload/);
  });
});
