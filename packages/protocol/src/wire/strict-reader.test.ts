import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODE_DECISION } from '../modes/decision/id.js';
import { TaskUpdatePayload } from '../modes/task/messages.js';
import { decodePayload } from '../payload-codec.js';
import { Ack, Envelope } from './envelope.js';
import { arbitraryMessage } from './message.test.support.js';
import { SessionStartPayload } from './payloads.js';
import { SessionMetadata } from './sessions.js';
import { SendRequest } from './transport.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const zeros = Envelope.decode(Buffer.alloc(0));
const varint = (value: number): Buffer => {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
};
const lengthDelimited = (field: number, body: Buffer): Buffer => Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);

describe('bytes that are no message', () => {
  it.each([
    ['a text that is longer than what is there', '0a ff 61'],
    ['a text whose length needs five bytes', '0a ff ff ff ff 0f 61'],
    ['bytes that are longer than what is there', '42 05 61'],
    ['a text that is no UTF-8', '0a 02 c3 28'],
    ['an overlong UTF-8 sequence', '0a 02 c0 af'],
    ['half of a surrogate pair', '0a 03 ed a0 80'],
    ['a text sent as a number', '08 05 61 61 61 61 61'],
    ['a number sent as a text', '3a 01 61'],
    ['a number sent as eight bytes', '39 01 00 00 00 00 00 00 00'],
    ['field 0', '00 00'],
    ['a wire type that does not exist', 'a7 06 00'],
    ['a tag that is cut off', '80'],
    ['a number that is cut off', '38 ff'],
    ['a number of eleven bytes', '38 ff ff ff ff ff ff ff ff ff ff 01'],
    ['a group that does not end', 'a3 06 08 01'],
    ['a group that ends before it began', 'a4 06'],
    ['a group that ends as another', 'a3 06 08 01 ac 06'],
  ])('%s is refused', (_name, bytes) => {
    expect(() => Envelope.decode(hex(bytes))).toThrow(Error);
    const inside = lengthDelimited(1, hex(bytes));
    expect(() => SendRequest.decode(inside)).toThrow(Error);
  });

  it.each([
    ['a double sent as a number', '11 00'],
    ['a double sent as a text', '12 00 00'],
  ])('%s is refused', (_name, bytes) => {
    expect(() => TaskUpdatePayload.decode(hex(bytes))).toThrow(Error);
    // Field 3 of an Evaluation, its confidence.
    expect(decodePayload(MODE_DECISION, 'Evaluation', hex('18 01'))).toMatchObject({ ok: false });
  });

  it('is refused when its groups are nested deeper than anybody needs', () => {
    const depth = 200;
    const groups = Buffer.concat([...Array<Buffer>(depth).fill(hex('a3 06')), ...Array<Buffer>(depth).fill(hex('a4 06'))]);
    expect(() => Envelope.decode(groups)).toThrow('nested deeper than');
    expect(() => Envelope.decode(Buffer.alloc(100_000, hex('a3 06')))).toThrow(Error);
  });

  it('is a cut of a message at any place but between two fields', () => {
    fc.assert(
      fc.property(arbitraryMessage(Envelope), fc.nat(), (value, at) => {
        const whole = Envelope.encode(value as never);
        const cut = whole.subarray(0, at % (whole.length + 1));
        let read: object;
        try {
          read = Envelope.decode(cut);
        } catch {
          return;
        }
        // What can be read is a part of the whole: each field is as it was, or absent.
        for (const [key, item] of Object.entries(read)) expect([(value as never)[key], zeros[key as keyof typeof zeros]]).toContainEqual(item);
      }),
      { numRuns: 500 },
    );
  });
});

describe('bytes that are unusual, but a message', () => {
  it('passes over fields that it does not know, of every wire type, groups among them', () => {
    const unknown = ['a0 06 ff 01', 'a1 06 01 02 03 04 05 06 07 08', 'a2 06 02 61 62', 'a3 06 08 01 12 01 61 a4 06', 'a5 06 01 02 03 04'];
    expect(Envelope.decode(hex(`${unknown.join('')} 0a 03 31 2e 30 ${unknown.join('')}`))).toEqual({ ...zeros, macpVersion: '1.0' });
  });

  it('takes the last of a repeated field, and puts parts of a message together', () => {
    expect(Envelope.decode(hex('0a 01 61 0a 01 62')).macpVersion).toBe('b');
  });

  it('keeps a replacement character that somebody wrote, and a byte order mark', () => {
    for (const text of ['\uFFFD', 'a\uFFFDb', '\uFEFFa', '😀', '\u0000']) expect(Envelope.decode(Envelope.encode({ sender: text })).sender).toBe(text);
  });

  it('reads numbers of every size, negative ones too', () => {
    for (const timestampUnixMs of [0, 1, 127, 128, 2 ** 31, 2 ** 32 + 1, 2 ** 49 - 1, 2 ** 49, 2 ** 53 - 1, -1, -(2 ** 31), -(2 ** 53) + 1]) {
      expect(Envelope.decode(Envelope.encode({ timestampUnixMs })).timestampUnixMs).toBe(timestampUnixMs);
      expect(SessionStartPayload.decode(SessionStartPayload.encode({ ttlMs: timestampUnixMs })).ttlMs).toBe(timestampUnixMs);
    }
    expect(Envelope.encode({ timestampUnixMs: -1 }).toString('hex')).toBe('38ffffffffffffffffff01');
    expect(Envelope.decode(hex('38 81 80 80 80 80 80 80 80 80 00')).timestampUnixMs).toBe(1);
  });

  it('reads a negative or unknown enum number as the name of zero', () => {
    for (const number of ['ff ff ff ff ff ff ff ff ff 01', '63', '80 80 80 80 08'])
      expect(Ack.decode(hex(`30 ${number}`)).sessionState).toBe('SESSION_STATE_UNSPECIFIED');
  });

  it('keeps map entries by the name of what every object has, and gives no object another prototype', () => {
    const keys = ['__proto__', 'constructor', 'toString', '', 'x-a'];
    const entry = (key: string): Buffer => lengthDelimited(9, Buffer.concat([lengthDelimited(1, Buffer.from(key)), lengthDelimited(2, Buffer.from('v'))]));
    const { extensions } = SessionStartPayload.decode(Buffer.concat(keys.map(entry)));
    expect(Object.keys(extensions).toSorted()).toEqual(keys.toSorted());
    expect(Object.getPrototypeOf(extensions)).toBe(Object.prototype);
    expect(SessionStartPayload.decode(SessionStartPayload.encode({ extensions })).extensions).toEqual(extensions);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('takes an entry without key or value for the empty ones', () => {
    expect(SessionStartPayload.decode(hex('4a 00')).extensions).toEqual({ '': Buffer.alloc(0) });
  });

  it('writes nothing for zero values, whether they are named or left out', () => {
    const named = {
      sessionId: '',
      state: 'SESSION_STATE_UNSPECIFIED',
      startedAtUnixMs: 0,
      participants: [],
      extensionKeys: [],
      participantActivity: [],
    } as const;
    expect(SessionMetadata.encode(named as never)).toEqual(Buffer.alloc(0));
    // A member of a list is there, be it empty; and so is a message that was given, be it empty.
    expect(SessionMetadata.encode({ participants: [''] }).length).toBe(2);
    expect(SendRequest.encode({ envelope: zeros }).toString('hex')).toBe('0a00');
    expect(SendRequest.decode(hex('0a00')).envelope).toEqual(zeros);
    expect(SendRequest.decode(Buffer.alloc(0)).envelope).toBeUndefined();
  });

  it('reads the same from a Buffer and from other bytes, and from a part of them', () => {
    const bytes = Envelope.encode({ sender: 'agent://ü', payload: Buffer.from('abc'), timestampUnixMs: 5 });
    const padded = new Uint8Array([9, 9, ...bytes, 9]);
    for (const same of [new Uint8Array(bytes), padded.subarray(2, -1)]) expect(Envelope.decode(same)).toEqual(Envelope.decode(bytes));
  });
});
