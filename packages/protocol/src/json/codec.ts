import { MacpError } from '../macp-error.js';
import { Envelope } from '../wire/envelope.js';
import type { FieldKind, PartialFields, WireMessage } from '../wire/message.js';
import { PolicyDescriptor } from '../wire/policy.js';
import { envelopeFromJson, envelopeToJson } from './envelope.js';
import { memberName } from './member-name.js';
import { policyFromJson, policyToJson } from './policy.js';
import { JsonValueError, memberOf, readAt, readObject, readString, scalarFromJson, scalarToJson, type JsonObject, type JsonValue } from './values.js';

/**
 * The canonical JSON of a message: snake_case members, enum names, base64 bytes, 64-bit values as integers, every
 * scalar written, absent messages left out (RFC-MACP-0001 §10). An Envelope has `timestamp` and its payload
 * decoded, or `payload_b64` when decoding would lose bytes; a PolicyDescriptor has its rules as an object.
 */
export function toJson<T extends object>(message: WireMessage<T>, value: PartialFields<T>): JsonObject {
  return write(message as unknown as WireMessage<object>, value);
}

/**
 * The message of its JSON form. Unknown members are ignored; missing and null ones take their zero value.
 * Throws MacpError INVALID_MESSAGE that names the member and the rule.
 */
export function fromJson<T extends object>(message: WireMessage<T>, json: unknown): T {
  try {
    return read(message as unknown as WireMessage<object>, json as JsonValue) as T;
  } catch (error) {
    if (error instanceof JsonValueError) throw new MacpError('INVALID_MESSAGE', `reading a ${message.typeName} from JSON: ${error.message}`, { cause: error });
    throw error;
  }
}

function write(message: WireMessage<object>, value: object): JsonObject {
  if (message.typeName === Envelope.typeName) return envelopeToJson(value as Partial<Envelope>, write);
  if (message.typeName === PolicyDescriptor.typeName) return policyToJson(value as Partial<PolicyDescriptor>);
  const members: Record<string, JsonValue> = {};
  for (const [index, field] of message.fields.entries()) {
    const json = writeField(message.kinds[index] as FieldKind, (value as Record<string, unknown>)[field]);
    if (json !== undefined) members[memberName(field)] = json;
  }
  return members;
}

function writeField(kind: FieldKind, value: unknown): JsonValue | undefined {
  switch (kind.type) {
    case 'message':
      return value === undefined || value === null ? undefined : write(kind.message(), value);
    case 'messages':
      return ((value ?? []) as object[]).map((item) => write(kind.message(), item));
    case 'enum':
      return (value as string | undefined) ?? (kind.names[0] as string);
    default:
      return scalarToJson(kind.type, value);
  }
}

function read(message: WireMessage<object>, json: JsonValue): object {
  const members = readObject(json);
  if (message.typeName === Envelope.typeName) return envelopeFromJson(members, read);
  if (message.typeName === PolicyDescriptor.typeName) return policyFromJson(members);
  // The zero values of all fields; message-typed ones stay absent.
  const value = message.decode(new Uint8Array()) as Record<string, unknown>;
  for (const [index, field] of message.fields.entries()) {
    const name = memberName(field);
    const member = memberOf(members, name);
    if (member !== null) value[field] = readAt(name, () => readField(message.kinds[index] as FieldKind, member));
  }
  return value;
}

function readField(kind: FieldKind, json: JsonValue): unknown {
  switch (kind.type) {
    case 'message':
      return read(kind.message(), json);
    case 'messages':
      if (!Array.isArray(json)) throw new JsonValueError('must be an array');
      return json.map((item, index) => readAt(String(index), () => read(kind.message(), item as JsonValue)));
    case 'enum': {
      // Names of newer versions read as the name of zero, as they do on the wire.
      const name = readString(json);
      return kind.names.includes(name) ? name : kind.names[0];
    }
    default:
      return scalarFromJson(kind.type, json);
  }
}
