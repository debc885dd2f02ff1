import { applyEnvelope, applyRecord, isTerminal, openSession, RUNTIME_ONLY_TYPES, type Envelope, type SessionView } from '@macp-agent/protocol';
import { RecentMap } from './recent-map.js';
import type { LifecycleChange } from '../watch/lifecycle-hub.js';

/** Own accepted messages kept apart until the stream delivers them; more are folded in the order of their Acks. */
const MAX_OWN = 256;
/** The latest delivered envelopes are kept: for the transcript, and because an echo can overtake the Ack of its message. */
const MAX_TRANSCRIPT = 1_024;

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
  readonly #delivered = new RecentMap<Envelope>(MAX_TRANSCRIPT);
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

  /** The latest accepted envelopes, in the order of the session; own ones that the stream has not delivered yet come last. */
  get transcript(): readonly Envelope[] {
    return [...this.#delivered.values(), ...Array.from(this.#own.values(), ({ envelope }) => envelope)];
  }

  /** An own message was acknowledged. */
  acknowledged(envelope: Envelope, atUnixMs: number): void {
    if (this.#delivered.has(envelope.messageId)) return;
    this.#own.set(envelope.messageId, { envelope, atUnixMs });
    this.#stale = true;
    if (this.#own.size > MAX_OWN) this.#settleOwn(MAX_OWN);
  }

  /** The stream delivered an envelope. Ordinals make this safe for several streams of one session. */
  delivered(envelope: Envelope, sequence: number): void {
    this.#own.delete(envelope.messageId);
    if (!RUNTIME_ONLY_TYPES.has(envelope.messageType)) this.#delivered.add(envelope.messageId, envelope);
    if (this.#baseIsOwn && sequence === 1) {
      this.#base = undefined;
      this.#baseIsOwn = false;
    }
    if (sequence === (this.#base?.ordinal ?? 0) + 1) {
      this.#base = apply(this.#base, { envelope, atUnixMs: envelope.timestampUnixMs || Date.now() });
      // A report that is older than a record of the runtime says nothing that the record does not.
      const isControl = RUNTIME_ONLY_TYPES.has(envelope.messageType);
      if (isControl && this.#lifecycle !== undefined && this.#lifecycle.observedAtUnixMs <= envelope.timestampUnixMs) this.#lifecycle = undefined;
    }
    this.#stale = true;
  }

  /** Accepted envelopes one after the other, from wherever the caller read them; those that are known already change nothing. */
  apply(envelope: Envelope): void {
    if (this.#delivered.has(envelope.messageId)) return;
    // Without the history before it, what this session sent itself is all there is to go on.
    if (this.#base === undefined && envelope.messageType !== 'SessionStart') this.#settleOwn(0);
    this.delivered(envelope, (this.#base?.ordinal ?? 0) + 1);
  }

  /** The runtime reported a state that no envelope carries. */
  lifecycle(change: LifecycleChange): void {
    // RESOLVED shows with its Commitment.
    if (change.state === 'RESOLVED') return;
    this.#lifecycle = change;
    this.#stale = true;
  }

  /** Folds own messages in the order of their Acks until this many are left. */
  #settleOwn(left: number): void {
    for (const [messageId, oldest] of this.#own) {
      if (this.#own.size <= left) return;
      this.#own.delete(messageId);
      this.#delivered.add(messageId, oldest.envelope);
      this.#base = apply(this.#base, oldest);
      this.#baseIsOwn = true;
    }
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
  const { ordinal } = view;
  switch (change.state) {
    case 'SUSPENDED':
      return { ...applyRecord(view, { kind: 'suspend', by: '', reason: '', atUnixMs }), ordinal };
    case 'CANCELLED':
      return { ...applyRecord(view, { kind: 'cancel', by: '', reason: '', atUnixMs }), ordinal };
    case 'EXPIRED':
      return { ...applyRecord(view, { kind: 'expire', atUnixMs }), ordinal };
    default:
      return { ...view, deadlineUnixMs };
  }
}
