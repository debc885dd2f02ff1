import type { PolicyDefinition } from '../policy/definition.js';
import type { Verdict } from '../verdict.js';
import type { ModeDescriptor } from '../wire/discovery.js';
import type { Root } from '../wire/handshake.js';
import type { SessionStartPayload } from '../wire/payloads.js';

/** What a session is bound to for its whole life (RFC-MACP-0001 §7; runtime.md §5). */
export interface SessionBinding {
  readonly sessionId: string;
  readonly mode: string;
  /** Authenticated sender of SessionStart; need not be a participant. */
  readonly initiator: string;
  readonly participants: readonly string[];
  readonly intent: string;
  readonly modeVersion: string;
  readonly configurationVersion: string;
  /** Resolved policy id. */
  readonly policyVersion: string;
  /** The resolved definition; absent in folds of clients, which never see it. */
  readonly policy?: PolicyDefinition | undefined;
  readonly startedAtUnixMs: number;
  /** Deadline before any suspension. */
  readonly deadlineUnixMs: number;
  readonly maxSuspendMs: number;
  readonly contextId: string;
  readonly extensions: Readonly<Record<string, Uint8Array>>;
  readonly roots: readonly Root[];
}

/** A mode message whose payload is decoded. `atUnixMs` is the acceptance time, never the sender's clock (modes.md §14). */
export interface ModeMessage<Payload = unknown> {
  readonly messageType: string;
  readonly sender: string;
  readonly payload: Payload;
  readonly atUnixMs: number;
}

/**
 * A mode: one pure reducer plus its rules. The runtime asks `authorize` and `check` for verdicts and then applies;
 * clients and observers only apply what was accepted. States are never changed in place.
 */
export interface Mode<State = unknown> {
  readonly descriptor: ModeDescriptor;
  /** Strict modes demand participants and versions at SessionStart (runtime.md §5). */
  readonly strictStart: boolean;
  /** The start rule of the mode; core checks come first. */
  checkStart(start: SessionStartPayload, initiator: string): Verdict;
  initial(binding: SessionBinding): State;
  /** Who may send this type; asked before the payload is decoded. */
  authorize(state: State, binding: SessionBinding, sender: string, messageType: string): Verdict;
  /** Payload, phase and, for a Commitment, readiness and policy. */
  check(state: State, binding: SessionBinding, message: ModeMessage): Verdict;
  /** State after an accepted message. */
  apply(state: State, binding: SessionBinding, message: ModeMessage): State;
}
