import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_MODES, decodePayload, encodePayload, Envelope, MODE_DECISION, payloadMessage, SendRequest, SessionMetadata } from './index.js';
import { runtimeService } from './service.js';
import { Ack } from './wire/envelope.js';
import { InitializeResponse } from './wire/handshake.js';
import { arbitraryMessage } from './wire/message.test.support.js';

const CORE_TYPES = ['SessionCancel', 'SessionSuspend', 'SessionResume', 'Signal', 'Progress'];
const pairs = BUILT_IN_MODES.flatMap(({ descriptor }) => [...descriptor.messageTypes, ...CORE_TYPES].map((type) => [descriptor.mode, type] as const));

describe('payload codec', () => {
  it('knows the payload of every message of every shipped mode', () => {
    expect(pairs.filter(([mode, type]) => payloadMessage(mode, type) === undefined)).toEqual([]);
  });

  it.each(pairs)('%s %s survives encoding and decoding', (mode, type) => {
    const message = payloadMessage(mode, type);
    if (message === undefined) throw new Error('no such payload');
    fc.assert(
      fc.property(arbitraryMessage(message), (payload) => {
        const bytes = encodePayload(mode, type, payload);
        // A zero-byte Contribute is no contribution (modes.md §8).
        if (bytes === undefined || (type === 'Contribute' && bytes.length === 0)) return;
        expect(decodePayload(mode, type, bytes)).toEqual({ ok: true, payload });
      }),
      { numRuns: 30 },
    );
  });

  it('never throws, whatever the bytes and the type', () => {
    const anyPair = fc.oneof(
      fc.constantFrom(...pairs),
      fc.tuple(fc.string(), fc.string()),
      fc.constantFrom([MODE_DECISION, 'constructor'] as const, ['__proto__', 'toString'] as const),
    );
    fc.assert(
      fc.property(anyPair, fc.uint8Array({ maxLength: 64 }), ([mode, type], bytes) => {
        const decoded = decodePayload(mode, type, bytes);
        expect(typeof decoded.ok).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves the bytes of unknown types alone', () => {
    const bytes = Buffer.from([1, 2, 3]);
    expect(decodePayload('ext.other.v1', 'Bid', bytes)).toEqual({ ok: true, payload: bytes });
    expect(encodePayload('ext.other.v1', 'Bid', {})).toBeUndefined();
  });
});

describe('messages of the service', () => {
  it.each([Envelope, SendRequest, SessionMetadata, Ack, InitializeResponse].map((message) => [message.typeName, message] as const))(
    '%s survives encoding and decoding',
    (_name, message) => {
      fc.assert(
        fc.property(arbitraryMessage(message), (value) => {
          expect(message.decode(message.encode(value as never))).toEqual(value);
        }),
        { numRuns: 50 },
      );
    },
  );

  it('decode empty bytes to zero values in every RPC', () => {
    for (const { requestDeserialize, responseDeserialize } of Object.values(runtimeService)) {
      expect(typeof requestDeserialize(Buffer.alloc(0))).toBe('object');
      expect(typeof responseDeserialize(Buffer.alloc(0))).toBe('object');
    }
  });

  it('read enum numbers of newer versions as the name of zero', () => {
    // Ack.session_state (field 6) = 99.
    expect(Ack.decode(Buffer.from('3063', 'hex')).sessionState).toBe('SESSION_STATE_UNSPECIFIED');
  });
});
