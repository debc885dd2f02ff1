import { findDefinition } from './modes/registry.js';
import type { WireMessage } from './wire/message.js';
import * as core from './wire/payloads.js';

type Types = ReadonlyMap<string, WireMessage<object>>;

/** Payloads of every mode. */
const CORE: Types = new Map<string, WireMessage<object>>(
  Object.entries({
    SessionStart: core.SessionStartPayload,
    Commitment: core.CommitmentPayload,
    SessionCancel: core.SessionCancelPayload,
    SessionSuspend: core.SessionSuspendPayload,
    SessionResume: core.SessionResumePayload,
    Signal: core.SignalPayload,
    Progress: core.ProgressPayload,
  }),
);

/** The payload message of (mode, message type), wire.md §9; undefined for a type whose bytes are opaque. */
export function payloadMessage(mode: string, messageType: string): WireMessage<object> | undefined {
  return CORE.get(messageType) ?? own(findDefinition(mode)?.payloads, messageType);
}

/** Bytes of a payload object; undefined when (mode, message type) is not known. */
export function encodePayload(mode: string, messageType: string, payload: object): Buffer | undefined {
  return payloadMessage(mode, messageType)?.encode(payload);
}

/** The decoded payload, or why the bytes are not one. Opaque types decode to their own bytes. */
export function decodePayload(mode: string, messageType: string, bytes: Uint8Array): { ok: true; payload: unknown } | { ok: false; message: string } {
  const type = payloadMessage(mode, messageType);
  if (type === undefined) return { ok: true, payload: bytes };
  try {
    const read = own(findDefinition(mode)?.readers, messageType);
    return { ok: true, payload: read === undefined ? type.decode(bytes) : read(bytes) };
  } catch {
    return { ok: false, message: `the payload is not a ${type.typeName}` };
  }
}

/** Message types come from strangers: `constructor` is none. */
function own<T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}
