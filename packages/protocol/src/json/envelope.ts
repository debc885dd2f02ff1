import { decodePayload, payloadMessage } from '../payload-codec.js';
import { Envelope } from '../wire/envelope.js';
import type { WireMessage } from '../wire/message.js';
import { memberName } from './member-name.js';
import { fromTimestamp, toTimestamp } from './timestamp.js';
import { fromBase64, JsonValueError, memberOf, readAt, readString, toBase64, type JsonObject, type JsonValue } from './values.js';

type Write = (message: WireMessage<object>, value: object) => JsonObject;
type Read = (message: WireMessage<object>, json: JsonValue) => object;

const TEXT_FIELDS = Envelope.fields.filter((_field, index) => Envelope.kinds[index]?.type === 'string') as Exclude<
  keyof Envelope,
  'timestampUnixMs' | 'payload'
>[];

/** json.md §2: `timestamp` instead of `timestamp_unix_ms`, and either `payload` or `payload_b64`. */
export function envelopeToJson(envelope: Partial<Envelope>, write: Write): JsonObject {
  const texts = Object.fromEntries(TEXT_FIELDS.map((field) => [memberName(field), envelope[field] ?? '']));
  const { mode = '', messageType = '', payload = new Uint8Array() } = envelope;
  const frame = { ...texts, timestamp: toTimestamp(envelope.timestampUnixMs ?? 0) };
  const decoded = decodeWithoutLoss(mode, messageType, payload);
  return decoded === undefined ? { ...frame, payload_b64: toBase64(payload) } : { ...frame, payload: write(decoded.type, decoded.value) };
}

export function envelopeFromJson(members: JsonObject, read: Read): Envelope {
  const texts = Object.fromEntries(TEXT_FIELDS.map((field) => [field, readText(members, memberName(field))])) as Pick<Envelope, (typeof TEXT_FIELDS)[number]>;
  const timestampUnixMs = readAt('timestamp', () => fromTimestamp(readString(memberOf(members, 'timestamp'))));
  const payload = memberOf(members, 'payload');
  const base64 = memberOf(members, 'payload_b64');
  if ((payload === null) === (base64 === null)) throw new JsonValueError('exactly one of payload and payload_b64 is needed');
  if (payload === null) return { ...texts, timestampUnixMs, payload: readAt('payload_b64', () => fromBase64(base64)) };
  const type = knownPayload(texts.mode, texts.messageType);
  if (type === undefined)
    throw new JsonValueError(`the payload of a ${texts.messageType} in the mode ${texts.mode} is not known here: send its bytes as payload_b64`);
  return { ...texts, timestampUnixMs, payload: type.encode(readAt('payload', () => read(type, payload))) };
}

function readText(members: JsonObject, name: string): string {
  const json = memberOf(members, name);
  return json === null ? '' : readAt(name, () => readString(json));
}

/** The decoded payload when encoding it again gives the same bytes; bytes with unknown fields stay bytes. */
function decodeWithoutLoss(mode: string, messageType: string, payload: Uint8Array): { type: WireMessage<object>; value: object } | undefined {
  const type = knownPayload(mode, messageType);
  if (type === undefined || payload.length === 0) return undefined;
  const decoded = decodePayload(mode, messageType, payload);
  if (!decoded.ok) return undefined;
  const value = decoded.payload as object;
  return type.encode(value).equals(payload) ? { type, value } : undefined;
}

const knownPayload = (mode: string, messageType: string): WireMessage<object> | undefined =>
  payloadMessage(mode, messageType) as WireMessage<object> | undefined;
