import { MACP_VERSION } from './envelope.js';
import { decodePayload, encodePayload } from './payload-codec.js';
import type { SessionRecord } from './session-record.js';
import type { Envelope } from './wire/envelope.js';
import type { SessionCancelPayload, SessionResumePayload, SessionSuspendPayload } from './wire/payloads.js';

/** A record that the runtime itself writes into a session's history. */
export type ControlRecord = Extract<SessionRecord, { kind: 'suspend' | 'resume' | 'cancel' | 'expire' }>;

/** Sender of control records: not an identity that anyone can have. */
export const RUNTIME_SENDER = '_runtime';

/** Message ids that begin with it are the runtime's. */
export const CONTROL_ID_PREFIX = '_runtime:';

/** Message id of the control record with this ordinal: by it a reader knows that the record was counted. */
export function controlMessageId(ordinal: number): string {
  return `${CONTROL_ID_PREFIX}${ordinal}`;
}

/** Where a control record stands. */
export interface ControlPlace {
  readonly sessionId: string;
  readonly mode: string;
  readonly ordinal: number;
  /** When the suspension began that a resume ends. */
  readonly suspendedAtUnixMs?: number | undefined;
}

/**
 * A control record as session streams carry it: SessionSuspend, SessionResume, SessionCancel with their payloads, and
 * TtlExpired without one. `banked_ms` is the length of the suspension, as in the reference runtime (DIFF-6).
 */
export function controlEnvelope(record: ControlRecord, { sessionId, mode, ordinal, suspendedAtUnixMs }: ControlPlace): Envelope {
  const [messageType, payload] = contentOf(record, Math.max(0, record.atUnixMs - (suspendedAtUnixMs ?? record.atUnixMs)));
  return {
    macpVersion: MACP_VERSION,
    mode,
    messageType,
    messageId: controlMessageId(ordinal),
    sessionId,
    sender: RUNTIME_SENDER,
    timestampUnixMs: record.atUnixMs,
    payload: payload === undefined ? Buffer.alloc(0) : (encodePayload(mode, messageType, payload) ?? Buffer.alloc(0)),
  };
}

/** The control record that an envelope of a history carries; undefined for a message of a participant. */
export function controlRecordOf({ mode, messageType, payload, timestampUnixMs: atUnixMs }: Envelope): ControlRecord | undefined {
  if (messageType === 'TtlExpired') return { kind: 'expire', atUnixMs };
  const kind = KINDS.get(messageType);
  if (kind === undefined) return undefined;
  const decoded = decodePayload(mode, messageType, payload);
  const said = (decoded.ok ? decoded.payload : {}) as Partial<SessionCancelPayload & SessionSuspendPayload & SessionResumePayload>;
  return { kind, by: said.cancelledBy ?? said.suspendedBy ?? said.resumedBy ?? '', reason: said.reason ?? '', atUnixMs };
}

const KINDS: ReadonlyMap<string, 'cancel' | 'suspend' | 'resume'> = new Map([
  ['SessionCancel', 'cancel'],
  ['SessionSuspend', 'suspend'],
  ['SessionResume', 'resume'],
]);

function contentOf(record: ControlRecord, bankedMs: number): [messageType: string, payload?: object] {
  switch (record.kind) {
    case 'suspend':
      return ['SessionSuspend', { reason: record.reason, suspendedBy: record.by }];
    case 'resume':
      return ['SessionResume', { reason: record.reason, resumedBy: record.by, bankedMs }];
    case 'cancel':
      return ['SessionCancel', { reason: record.reason, cancelledBy: record.by }];
    case 'expire':
      return ['TtlExpired'];
  }
}
