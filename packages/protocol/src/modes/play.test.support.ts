import { expect, it } from 'vitest';
import type { ErrorCode } from '../error-codes.js';
import { decodePayload, encodePayload } from '../payload-codec.js';
import type { PolicyDefinition } from '../policy/definition.js';
import { applyRecord, openSession, type SessionView } from '../replay.js';
import type { SessionRecord } from '../session-record.js';
import { ACCEPTED, refuse, type Verdict } from '../verdict.js';
import type { Envelope } from '../wire/envelope.js';
import type { Mode } from './mode.js';
import { checkSessionStart } from './start.js';
import { SessionStartPayload } from '../wire/payloads.js';

export const SESSION_ID = '4b1a9a52-6c0e-4f0e-9c55-0f6a2b7d9e10';
export const START_MS = 1_795_169_700_000;

export interface Setup {
  readonly mode: string;
  readonly initiator: string;
  readonly participants: readonly string[];
  readonly policy?: PolicyDefinition;
  /** For modes that are not shipped. */
  readonly handler?: Mode;
}

/** Sender, message type, payload (bytes are sent as they are), verdict, acceptance time after the start. */
export type Row = readonly [sender: string, messageType: string, payload: object | Uint8Array, verdict: 'ok' | ErrorCode, atMs?: number];

export function envelope(setup: Setup, sender: string, messageType: string, payload: object | Uint8Array, messageId = 'm'): Envelope {
  const bytes = payload instanceof Uint8Array ? payload : encodePayload(setup.mode, messageType, payload);
  if (bytes === undefined) throw new Error(`no payload type for ${messageType}`);
  return { macpVersion: '1.0', mode: setup.mode, messageType, messageId, sessionId: SESSION_ID, sender, timestampUnixMs: START_MS, payload: bytes };
}

export function startRecord(setup: Setup, start: object = {}): Extract<SessionRecord, { kind: 'start' }> {
  const payload = { participants: [...setup.participants], modeVersion: '1.0.0', configurationVersion: 'config.default', ttlMs: 600_000, ...start };
  return { kind: 'start', envelope: envelope(setup, setup.initiator, 'SessionStart', payload), atUnixMs: START_MS, policy: setup.policy };
}

export function start(setup: Setup): SessionView {
  const record = startRecord(setup);
  const view = openSession(record.envelope, record.atUnixMs, record.policy, setup.handler);
  if (view.mode === undefined) throw new Error(`no mode ${setup.mode}`);
  expect(checkSessionStart(view.mode, SessionStartPayload.decode(record.envelope.payload), setup.initiator)).toEqual(ACCEPTED);
  return view;
}

/** What a runtime says to an envelope that passed the core checks, in its order. */
export function judge(view: SessionView, sent: Envelope, atUnixMs: number): Verdict {
  const { mode, binding, modeState } = view;
  if (mode === undefined) throw new Error(`no mode ${binding.mode}`);
  if (view.state !== 'OPEN') return refuse('SESSION_NOT_OPEN', 'ended');
  const authority = mode.authorize(modeState, binding, sent.sender, sent.messageType);
  if (!authority.accepted) return authority;
  const decoded = decodePayload(sent.mode, sent.messageType, sent.payload);
  if (!decoded.ok) return refuse('INVALID_ENVELOPE', decoded.message);
  return mode.check(modeState, binding, { messageType: sent.messageType, sender: sent.sender, payload: decoded.payload, atUnixMs });
}

/** Plays a table against a new session and gives the view after its last row. */
export function play(setup: Setup, rows: readonly Row[]): SessionView {
  let view = start(setup);
  for (const [index, [sender, messageType, payload, expected, atMs = 0]] of rows.entries()) {
    const sent = envelope(setup, sender, messageType, payload, `m${index}`);
    const verdict = judge(view, sent, START_MS + atMs);
    const row = `row ${index + 1}, ${messageType} of ${sender}`;
    expect(`${row}: ${verdict.accepted ? 'ok' : verdict.code}`).toBe(`${row}: ${expected}`);
    if (verdict.accepted) view = applyRecord(view, { kind: 'envelope', envelope: sent, atUnixMs: START_MS + atMs });
  }
  return view;
}

/** A table as one test. */
export function example(name: string, setup: Setup, rows: readonly Row[]): void {
  it(name, () => {
    play(setup, rows);
  });
}

export function commitment(action: string, outcomePositive: boolean, changes: object = {}): object {
  const versions = { modeVersion: '1.0.0', configurationVersion: 'config.default' };
  return { commitmentId: 'c1', action, authorityScope: 'session', reason: 'as agreed', outcomePositive, ...versions, ...changes };
}

export function policy(mode: string, rules: Readonly<Record<string, unknown>>, schemaVersion = 2): PolicyDefinition {
  return { policyId: 'policy.test', mode, description: 'test', rules, schemaVersion };
}
