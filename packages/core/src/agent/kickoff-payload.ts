import { decodePayload, encodePayload, payloadMessage } from '@macp-agent/protocol';
import { isJsonObject } from './bootstrap-document.js';
import { foundType } from './bootstrap-problem.js';

/**
 * The payload of the first mode message as a plain camelCase object.
 * The published guides hand it to `session.propose` as it stands, so the members of a Decision proposal are typed;
 * for any other message type read the members of that payload by name.
 */
export interface KickoffPayload {
  readonly proposalId: string;
  readonly option: string;
  readonly rationale: string;
  readonly supportingData: Uint8Array;
  readonly [member: string]: unknown;
}

export type KickoffResult =
  | { readonly ok: true; readonly payload: KickoffPayload; readonly bytes: Uint8Array; readonly unknown: readonly string[] }
  | { readonly ok: false; readonly rule: string };

/**
 * Reads a kickoff payload: an object with camelCase or snake_case members, or base64 of the encoded message.
 * `defaults` fill members that an object leaves out. A mode without known payloads takes base64 bytes as they are and
 * an object as UTF-8 JSON.
 */
export function readKickoffPayload(mode: string, messageType: string, value: unknown, defaults: Readonly<Record<string, unknown>> = {}): KickoffResult {
  const type = payloadMessage(mode, messageType);
  if (typeof value === 'string') {
    const bytes = fromBase64(value);
    if (bytes === undefined) return refused(`must be base64 of an encoded ${type?.typeName ?? messageType}`);
    const decoded = decodePayload(mode, messageType, bytes);
    if (!decoded.ok) return refused(`cannot be decoded: ${decoded.message}`);
    // Opaque bytes of a mode that this package does not know have no members to show.
    const payload = type === undefined ? { base64: value } : decoded.payload;
    return { ok: true, payload: payload as KickoffPayload, bytes, unknown: [] };
  }
  if (!isJsonObject(value)) return refused('must be an object or base64 text');
  if (type === undefined) return { ok: true, payload: value as KickoffPayload, bytes: jsonBytes(value), unknown: [] };

  // An empty message decodes to the zero value of each member, which tells its type.
  const zero = type.decode(new Uint8Array()) as Readonly<Record<string, unknown>>;
  const payload: Record<string, unknown> = { ...defaults };
  const unknown: string[] = [];
  for (const [key, item] of Object.entries(value)) {
    const member = camelCase(key);
    if (!type.fields.includes(member)) {
      unknown.push(key);
      continue;
    }
    const converted = convert(zero[member], item);
    if (converted === undefined) return refused(`has a member ${key} that must be ${wanted(zero[member])}, not ${foundType(item)}`);
    payload[member] = converted;
  }
  const bytes = encodePayload(mode, messageType, payload) ?? Buffer.alloc(0);
  return { ok: true, payload: type.decode(bytes) as unknown as KickoffPayload, bytes, unknown };
}

/** Bytes of strict base64 text; undefined for anything else. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  return Buffer.from(text, 'base64');
}

/** UTF-8 JSON of any value, or the raw bytes of `{"base64": "..."}`; undefined when that text is not base64. */
export function extensionBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (isJsonObject(value) && Object.keys(value).length === 1 && typeof value['base64'] === 'string') return fromBase64(value['base64']);
  return jsonBytes(value);
}

const jsonBytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), 'utf8');
const refused = (rule: string): KickoffResult => ({ ok: false, rule });
const camelCase = (key: string): string => key.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());

function convert(zero: unknown, item: unknown): unknown {
  if (zero instanceof Uint8Array) return typeof item === 'string' ? Buffer.from(item, 'utf8') : extensionBytes(item);
  if (Array.isArray(zero)) return Array.isArray(item) && item.every((entry) => typeof entry === 'string') ? item : undefined;
  if (typeof zero === 'number' && typeof item === 'string' && item.trim() !== '' && Number.isFinite(Number(item))) return Number(item);
  if (zero === undefined) return isJsonObject(item) ? Object.fromEntries(Object.entries(item).map(([key, inner]) => [camelCase(key), inner])) : undefined;
  return typeof item === typeof zero ? item : undefined;
}

function wanted(zero: unknown): string {
  if (zero instanceof Uint8Array) return 'text, an object, or {"base64": "..."}';
  if (Array.isArray(zero)) return 'a list of strings';
  return zero === undefined ? 'an object' : `a ${typeof zero}`;
}
