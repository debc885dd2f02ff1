import type { Envelope, PolicyDescriptor, SessionLifecycleEvent, SessionMetadata, SessionState } from '@macp-agent/protocol';

/** One passive subscription. Iterating yields accepted envelopes in order; leaving the loop ends it. */
export interface Subscription extends AsyncIterable<Envelope> {
  /** Says that nothing more is wanted: the runtime flushes what it has and ends the stream (runtime.md §9.1). */
  finish(): void;
}

/** What the runtime said about itself. */
export interface RuntimeFacts {
  readonly name: string;
  readonly version: string;
  readonly supportedModes: readonly string[];
}

/** The few things an observer does with a runtime, under one read-only credential. Failures are MacpErrors. */
export interface RuntimeLink {
  initialize(signal?: AbortSignal): Promise<RuntimeFacts>;
  /** Current sessions first, then changes; ends or throws when the stream does. */
  watchSessions(signal: AbortSignal): AsyncIterable<SessionLifecycleEvent>;
  /** Ambient Signal and Progress envelopes from now on. */
  watchSignals(signal: AbortSignal): AsyncIterable<Envelope>;
  /** History after this ordinal, then what follows. One stream: no reconnects. */
  subscribe(sessionId: string, afterOrdinal: number, signal: AbortSignal): Subscription;
  /** Throws SESSION_NOT_FOUND. */
  getSession(sessionId: string, signal?: AbortSignal): Promise<SessionMetadata>;
  /** Throws UNKNOWN_POLICY_VERSION or another code when it is not to be had. */
  getPolicy(policyId: string, signal?: AbortSignal): Promise<PolicyDescriptor>;
  /** Throws FORBIDDEN when this identity may not. The result is the state after the call. */
  cancelSession(sessionId: string, reason: string, signal?: AbortSignal): Promise<SessionState | undefined>;
  /** Throws FORBIDDEN when this identity may not, SESSION_NOT_OPEN when the session cannot be suspended or resumed. */
  suspendSession(sessionId: string, reason: string, signal?: AbortSignal): Promise<SessionState | undefined>;
  resumeSession(sessionId: string, reason: string, signal?: AbortSignal): Promise<SessionState | undefined>;
  close(): Promise<void>;
}
