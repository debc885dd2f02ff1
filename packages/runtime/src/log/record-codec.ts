import { Envelope, type PolicyDefinition } from '@macp-agent/protocol';
import type { LogRecord, StartBinding } from './session-log.js';

/** Never renumbered: the numbers are on disk. */
const KINDS = ['start', 'envelope', 'suspend', 'resume', 'cancel', 'expire'] as const satisfies readonly LogRecord['kind'][];
const HEAD_BYTES = 9;

/** The bytes of a record: kind, acceptance time, then what the kind has. */
export function encodeRecord(record: LogRecord): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt8(KINDS.indexOf(record.kind), 0);
  head.writeDoubleLE(record.atUnixMs, 1);
  switch (record.kind) {
    case 'start': {
      const bound = Buffer.from(JSON.stringify({ policy: record.policy, bound: record.bound }));
      const size = Buffer.allocUnsafe(4);
      size.writeUInt32LE(bound.length, 0);
      return Buffer.concat([head, size, bound, Envelope.encode(record.envelope)]);
    }
    case 'envelope':
      return Buffer.concat([head, Envelope.encode(record.envelope)]);
    case 'suspend':
    case 'resume':
    case 'cancel':
      return Buffer.concat([head, Buffer.from(JSON.stringify({ by: record.by, reason: record.reason }))]);
    case 'expire':
      return head;
  }
}

/** The record of some bytes; throws an Error when they are none. */
export function decodeRecord(bytes: Buffer): LogRecord {
  const kind = KINDS[bytes.readUInt8(0)];
  const atUnixMs = bytes.readDoubleLE(1);
  const rest = bytes.subarray(HEAD_BYTES);
  switch (kind) {
    case 'start': {
      const size = rest.readUInt32LE(0);
      const { policy, bound } = JSON.parse(rest.toString('utf8', 4, 4 + size)) as { policy: PolicyDefinition; bound: StartBinding };
      return { kind, envelope: Envelope.decode(rest.subarray(4 + size)), atUnixMs, policy, bound };
    }
    case 'envelope':
      return { kind, envelope: Envelope.decode(rest), atUnixMs };
    case 'suspend':
    case 'resume':
    case 'cancel': {
      const { by, reason } = JSON.parse(rest.toString('utf8')) as { by: string; reason: string };
      return { kind, by, reason, atUnixMs };
    }
    case 'expire':
      return { kind, atUnixMs };
    default:
      throw new Error('the record is of a kind that this version does not know');
  }
}

/** When a record was accepted, and whether it begins a session, without decoding it. Throws an Error when the bytes are too few. */
export function peekRecord(bytes: Buffer): { readonly isStart: boolean; readonly atUnixMs: number } {
  return { isStart: bytes.readUInt8(0) === KINDS.indexOf('start'), atUnixMs: bytes.readDoubleLE(1) };
}

const COMMITMENT = Buffer.from('Commitment');
/** Envelope.message_type, and the fields before it: texts shorter than 128 bytes. */
const MESSAGE_TYPE_TAG = 0x1a;
const EARLIER_TAGS: ReadonlySet<number> = new Set([0x0a, 0x12]);

/** `isLastRecord` of the record of these bytes; a hundred thousand of them are asked at a start, so only the message type is looked at. */
export function isLastBody(bytes: Buffer): boolean {
  const kind = KINDS[bytes.readUInt8(0)];
  if (kind !== 'envelope') return kind === 'cancel' || kind === 'expire';
  let at = HEAD_BYTES;
  while (EARLIER_TAGS.has(bytes[at] ?? 0) && (bytes[at + 1] ?? 0x80) < 0x80) at += 2 + (bytes[at + 1] as number);
  if (bytes[at] !== MESSAGE_TYPE_TAG) return isLastRecord(decodeRecord(bytes));
  return bytes[at + 1] === COMMITMENT.length && bytes.compare(COMMITMENT, 0, COMMITMENT.length, at + 2, at + 2 + COMMITMENT.length) === 0;
}

/** True for a record after which a session is over. */
export function isLastRecord(record: LogRecord): boolean {
  return record.kind === 'cancel' || record.kind === 'expire' || (record.kind === 'envelope' && record.envelope.messageType === 'Commitment');
}
