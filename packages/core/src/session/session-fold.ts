import { applyEnvelope, applyRecord, isTerminal, openSession, type Envelope, type SessionView } from '@macp-agent/protocol';
import { rememberLatest } from './remember-latest.js';
import type { LifecycleChange } from '../watch/lifecycle-hub.js';

/** Own accepted messages kept apart until the stream delivers them; more are folded in the order of their Acks. */
const MAX_OWN = 256;
/** Delivered ids remembered, because an echo can overtake the Ack of its message. */
const MAX_SEEN = 1_024;

interface Accepted {
  readonly envelope: Envelope;
  readonly atUnixMs: number;
}

/**
 * The view of one session: what its stream delivered, in order, plus own messages that were acknowledged but not delivered yet.
 * Each message counts once, whichever comes first (message ids are unique in a session).
 */
export class SessionFold {
  #base: SessionView | undefined;
  #baseIsOwn = false;
  readonly #own = new Map<string, Accepted>();
  readonly #seen = new Set<string>();
  #lifecycle: LifecycleChange | undefined;
  #view: SessionView | undefined;
  #stale = false;

  /** Undefined until the SessionStart is known. */
  get view(): SessionView | undefined {
    if (this.#stale) {
      this.#view = this.#fold();
      this.#stale = false;
    }
    return this.#view;
  }

  /** An own message was acknowledged. */
  acknowledged(envelope: Envelope, atUnixMs: number): void {
    if (this.#seen.has(envelope.messageId)) return;
    this.#own.set(envelope.messageId, { envelope, atUnixMs });
    this.#stale = true;
    if (this.#own.size <= MAX_OWN) return;
    for (const [messageId, oldest] of this.#own) {
      this.#own.delete(messageId);
      this.#base = apply(this.#base, oldest);
      this.#baseIsOwn = true;
      return;
    }
  }

  /** The stream delivered an envelope. Ordinals make this safe for several streams of one session. */
  delivered(envelope: Envelope, sequence: number): void {
    this.#own.delete(envelope.messageId);
    rememberLatest(this.#seen, envelope.messageId, MAX_SEEN);
    if (this.#baseIsOwn && sequence === 1) {
      this.#base = undefined;
      this.#baseIsOwn = false;
    }
    if (sequence === (this.#base?.ordinal ?? 0) + 1) this.#base = apply(this.#base, { envelope, atUnixMs: envelope.timestampUnixMs || Date.now() });
    this.#stale = true;
  }

  /** The runtime reported a state that no envelope carries. */
  lifecycle(change: LifecycleChange): void {
    // RESOLVED shows with its Commitment.
    if (change.state === 'RESOLVED') return;
    this.#lifecycle = change;
    this.#stale = true;
  }

  #fold(): SessionView | undefined {
    let view = this.#base;
    for (const accepted of this.#own.values()) view = apply(view, accepted);
    return view === undefined ? undefined : withLifecycle(view, this.#lifecycle);
  }
}

function apply(view: SessionView | undefined, { envelope, atUnixMs }: Accepted): SessionView | undefined {
  if (view !== undefined) return applyEnvelope(view, envelope, atUnixMs);
  return envelope.messageType === 'SessionStart' ? openSession(envelope, atUnixMs) : undefined;
}

function withLifecycle(view: SessionView, change: LifecycleChange | undefined): SessionView {
  if (change === undefined || change.state === view.state || isTerminal(view.state)) return view;
  const atUnixMs = change.observedAtUnixMs;
  const deadlineUnixMs = change.metadata?.expiresAtUnixMs || view.deadlineUnixMs;
  switch (change.state) {
    case 'SUSPENDED':
      return applyRecord(view, { kind: 'suspend', by: '', reason: '', atUnixMs });
    case 'CANCELLED':
      return applyRecord(view, { kind: 'cancel', by: '', reason: '', atUnixMs });
    case 'EXPIRED':
      return applyRecord(view, { kind: 'expire', atUnixMs });
    default:
      return { ...view, deadlineUnixMs };
  }
}
