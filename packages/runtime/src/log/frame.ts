import { crc32 } from 'node:zlib';
import { isSessionId } from '@macp-agent/protocol';

/**
 * How a record lies in a segment: a stamp, the body with its checksum, and the same stamp again under another mark. The
 * stamps name the session and the place of the record in it and have checksums of their own, so that damage in one
 * place can be told from its neighbours and blamed on one session.
 *
 *     stamp = mark (4) · body length (4) · sequence (4) · id length (1) · id · checksum (4)
 *     frame = stamp 'MARh' · body · body checksum (4) · stamp 'MARt'
 */
export interface Stamp {
  readonly sessionId: string;
  /** Place of the record in its session, from 0. */
  readonly sequence: number;
  readonly bodyLength: number;
  /** First byte after the stamp. */
  readonly end: number;
}

/** What the scan of a segment finds, in order. */
export type Found =
  | { readonly kind: 'record'; readonly sessionId: string; readonly sequence: number; readonly body: Buffer; readonly offset: number; readonly end: number }
  /** Bytes that are no longer a record; the session is not known when both stamps are gone. */
  | { readonly kind: 'damage'; readonly sessionId: string | undefined; readonly offset: number }
  /** An append that was cut off: nothing whole follows. */
  | { readonly kind: 'torn'; readonly sessionId: string | undefined; readonly offset: number };

const HEAD = Buffer.from('MARh');
const TAIL = Buffer.from('MARt');
const MARK_START = HEAD.subarray(0, 3);
const FIXED_BYTES = 13;
const CHECKSUM_BYTES = 4;

export function encodeFrame(sessionId: string, sequence: number, body: Buffer): Buffer {
  const checksum = Buffer.allocUnsafe(CHECKSUM_BYTES);
  checksum.writeUInt32LE(crc32(body), 0);
  return Buffer.concat([encodeStamp(HEAD, sessionId, sequence, body.length), body, checksum, encodeStamp(TAIL, sessionId, sequence, body.length)]);
}

/** Finds every record of a segment and everything that is not one. */
export function* scan(segment: Buffer): Generator<Found> {
  let offset = 0;
  while (offset < segment.length) {
    const head = readStamp(segment, offset, HEAD);
    if (head === undefined) {
      const resumed = findStamp(segment, offset + 1);
      if (resumed === undefined) {
        yield { kind: 'torn', sessionId: guessSession(segment, offset), offset };
        return;
      }
      yield { kind: 'damage', sessionId: resumed.tail?.sessionId, offset };
      offset = resumed.tail?.end ?? resumed.offset;
      continue;
    }
    const next = head.end + head.bodyLength + CHECKSUM_BYTES + (head.end - offset);
    if (next > segment.length) {
      yield { kind: 'torn', sessionId: head.sessionId, offset };
      return;
    }
    const bodyEnd = head.end + head.bodyLength;
    const body = segment.subarray(head.end, bodyEnd);
    if (crc32(body) === segment.readUInt32LE(bodyEnd)) {
      yield { kind: 'record', sessionId: head.sessionId, sequence: head.sequence, body, offset, end: next };
    } else {
      // A crash can leave the last append at full length with bytes that never reached the disk.
      const cut = next === segment.length && readStamp(segment, bodyEnd + CHECKSUM_BYTES, TAIL) === undefined;
      yield { kind: cut ? 'torn' : 'damage', sessionId: head.sessionId, offset };
    }
    offset = next;
  }
}

function encodeStamp(mark: Buffer, sessionId: string, sequence: number, bodyLength: number): Buffer {
  const id = Buffer.from(sessionId, 'latin1');
  const stamp = Buffer.allocUnsafe(FIXED_BYTES + id.length + CHECKSUM_BYTES);
  mark.copy(stamp, 0);
  stamp.writeUInt32LE(bodyLength, 4);
  stamp.writeUInt32LE(sequence, 8);
  stamp.writeUInt8(id.length, 12);
  id.copy(stamp, FIXED_BYTES);
  const end = FIXED_BYTES + id.length;
  stamp.writeUInt32LE(crc32(stamp.subarray(0, end)), end);
  return stamp;
}

function readStamp(segment: Buffer, offset: number, mark: Buffer): Stamp | undefined {
  if (offset + FIXED_BYTES > segment.length || segment.readUInt32LE(offset) !== mark.readUInt32LE(0)) return undefined;
  const idEnd = offset + FIXED_BYTES + segment.readUInt8(offset + 12);
  if (idEnd + CHECKSUM_BYTES > segment.length) return undefined;
  if (crc32(segment.subarray(offset, idEnd)) !== segment.readUInt32LE(idEnd)) return undefined;
  return {
    sessionId: segment.toString('latin1', offset + FIXED_BYTES, idEnd),
    sequence: segment.readUInt32LE(offset + 8),
    bodyLength: segment.readUInt32LE(offset + 4),
    end: idEnd + CHECKSUM_BYTES,
  };
}

/** The next stamp whose checksum is right: the tail of the damaged record, or the head of a later one. */
function findStamp(segment: Buffer, from: number): { readonly offset: number; readonly tail?: Stamp } | undefined {
  for (let offset = segment.indexOf(MARK_START, from); offset !== -1; offset = segment.indexOf(MARK_START, offset + 1)) {
    if (readStamp(segment, offset, HEAD) !== undefined) return { offset };
    const tail = readStamp(segment, offset, TAIL);
    if (tail !== undefined) return { offset, tail };
  }
  return undefined;
}

/** The id in a stamp that was cut off before its checksum, for the warning only. */
function guessSession(segment: Buffer, offset: number): string | undefined {
  if (offset + FIXED_BYTES > segment.length) return undefined;
  const id = segment.toString('latin1', offset + FIXED_BYTES, Math.min(segment.length, offset + FIXED_BYTES + segment.readUInt8(offset + 12)));
  return isSessionId(id) ? id : undefined;
}
