import {
  encodePayload,
  MACP_VERSION,
  type CommitmentPayload,
  type CommitmentRef,
  type Envelope,
  type Root,
  type SessionStartPayload,
} from '@macp-agent/protocol';
import { MacpSessionError } from './errors.js';
import { newCommitmentId, newMessageId } from './ids.js';

/** Versions that a session is bound to when its start names none. */
export const DEFAULT_MODE_VERSION = '1.0.0';
/** As `DEFAULT_MODE_VERSION`. */
export const DEFAULT_CONFIGURATION_VERSION = 'config.default';
/** As `DEFAULT_MODE_VERSION`; this policy takes a commitment of the initiator at face value. */
export const DEFAULT_POLICY_VERSION = 'policy.default';

/** What an envelope is made of. */
export interface EnvelopeInput {
  readonly mode: string;
  readonly messageType: string;
  readonly sessionId: string;
  /** Encoded bytes, or the payload object of (mode, messageType). */
  readonly payload: object;
  /** Default: empty, which the runtime fills in with the authenticated sender. */
  readonly sender?: string | undefined;
  /** Default: a new one. */
  readonly messageId?: string | undefined;
  /** Default: now. */
  readonly timestampUnixMs?: number | undefined;
}

/** A complete envelope (RFC-MACP-0001 §5). Throws MacpSessionError when the payload of this type is not known here and is not bytes. */
export function buildEnvelope(input: EnvelopeInput): Envelope {
  const { mode, messageType, sessionId } = input;
  return {
    macpVersion: MACP_VERSION,
    mode,
    messageType,
    messageId: input.messageId ?? newMessageId(),
    sessionId,
    sender: input.sender ?? '',
    timestampUnixMs: input.timestampUnixMs ?? nowUnixMs(),
    payload: toBytes(mode, messageType, input.payload),
  };
}

/** Milliseconds since 1970. */
export function nowUnixMs(): number {
  return Date.now();
}

/** What `start` takes. */
export interface SessionStartInput {
  readonly intent: string;
  readonly participants: readonly string[];
  /** Life of the session, 1 to 86 400 000 ms; the time spent suspended does not count. */
  readonly ttlMs: number;
  /** Cap on the total suspended time; default 7 days. */
  readonly maxSuspendMs?: number | undefined;
  readonly contextId?: string | undefined;
  readonly extensions?: Readonly<Record<string, Uint8Array>> | undefined;
  readonly roots?: readonly Root[] | undefined;
  readonly modeVersion?: string | undefined;
  readonly configurationVersion?: string | undefined;
  readonly policyVersion?: string | undefined;
}

/** The payload of a SessionStart. */
export function buildSessionStartPayload(input: SessionStartInput): SessionStartPayload {
  return {
    intent: input.intent,
    participants: [...input.participants],
    ttlMs: input.ttlMs,
    maxSuspendMs: input.maxSuspendMs ?? 0,
    contextId: input.contextId ?? '',
    extensions: { ...input.extensions },
    roots: [...(input.roots ?? [])],
    modeVersion: input.modeVersion ?? DEFAULT_MODE_VERSION,
    configurationVersion: input.configurationVersion ?? DEFAULT_CONFIGURATION_VERSION,
    policyVersion: input.policyVersion ?? DEFAULT_POLICY_VERSION,
  };
}

/** What `commit` takes, besides the versions, which are those bound to the session. */
export interface CommitmentInput {
  readonly action: string;
  readonly authorityScope: string;
  readonly reason: string;
  /** Default: a new one. */
  readonly commitmentId?: string | undefined;
  /** Default: false when the action ends in rejected, failed or declined, else true. */
  readonly outcomePositive?: boolean | undefined;
  /** The commitment of an earlier session that this one replaces. */
  readonly supersedes?: CommitmentRef | undefined;
}

/** Versions that a commitment echoes. */
export interface BoundVersions {
  readonly modeVersion: string;
  readonly configurationVersion: string;
  readonly policyVersion: string;
}

/** The payload of a Commitment. */
export function buildCommitmentPayload(input: CommitmentInput, versions: BoundVersions): CommitmentPayload {
  return {
    commitmentId: input.commitmentId ?? newCommitmentId(),
    action: input.action,
    authorityScope: input.authorityScope,
    reason: input.reason,
    outcomePositive: input.outcomePositive ?? inferOutcomePositive(input.action),
    modeVersion: versions.modeVersion,
    configurationVersion: versions.configurationVersion,
    policyVersion: versions.policyVersion,
    ...(input.supersedes === undefined ? {} : { supersedes: input.supersedes }),
  };
}

/** False when the action ends in rejected, failed or declined, else true. */
export function inferOutcomePositive(action: string): boolean {
  return !/(?:rejected|failed|declined)$/.test(action);
}

function toBytes(mode: string, messageType: string, payload: object): Uint8Array {
  if (payload instanceof Uint8Array) return payload;
  const bytes = encodePayload(mode, messageType, payload);
  if (bytes !== undefined) return bytes;
  throw new MacpSessionError(`no payload type is known for ${messageType} in mode ${mode}; pass the encoded bytes as payload`);
}
