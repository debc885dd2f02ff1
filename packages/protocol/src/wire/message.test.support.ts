import * as fc from 'fast-check';
import type { FieldKind, WireMessage } from './message.js';

/** Any value of a message, as decoding would give it. */
export function arbitraryMessage(message: Pick<WireMessage<object>, 'fields' | 'kinds'>): fc.Arbitrary<object> {
  const { fields, kinds } = message;
  const entries = fields.map((field, index) => [field, arbitraryField(kinds[index] as FieldKind)] as const);
  const requiredKeys = fields.filter((_field, index) => kinds[index]?.type !== 'message');
  return fc.record(Object.fromEntries(entries), { requiredKeys }).map((value) => ({ ...value }));
}

function arbitraryField(kind: FieldKind): fc.Arbitrary<unknown> {
  switch (kind.type) {
    case 'string':
      return text;
    case 'bool':
      return fc.boolean();
    case 'double':
      // Minus zero is zero on the wire.
      return fc.double().map((value) => (value === 0 ? 0 : value));
    case 'uint32':
      return fc.nat({ max: 0xffff_ffff });
    case 'uint64':
      return fc.maxSafeNat();
    case 'int64':
      return fc.maxSafeInteger();
    case 'bytes':
      return bytes;
    case 'strings':
      return fc.array(text);
    case 'stringMap':
      return fc.dictionary(text, text, { noNullPrototype: true });
    case 'bytesMap':
      return fc.dictionary(text, bytes, { noNullPrototype: true });
    case 'enum':
      return fc.constantFrom(...kind.names);
    case 'message':
      return arbitraryMessage(kind.message());
    case 'messages':
      return fc.array(arbitraryMessage(kind.message()), { maxLength: 3 });
  }
}

/** UTF-8 has no lone surrogates. */
const text = fc.string({ unit: 'grapheme' });
const bytes = fc.uint8Array({ maxLength: 20 }).map((value) => Buffer.from(value));
