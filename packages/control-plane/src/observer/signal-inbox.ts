import type { Envelope } from '@macp-agent/protocol';
import { ambientEvents, ambientSessionId } from '../model/envelope-events.js';
import type { Run } from '../model/run.js';
import type { RunStore } from '../store/run-store.js';

/** Signals that come before the session they are about; more are dropped, oldest first. */
const HELD_SIGNALS = 256;

/** Records Signals and Progress with the run of the session they are about, also those that come before its SessionStart. */
export class SignalInbox {
  readonly #store: RunStore;
  readonly #held: { sessionId: string; envelope: Envelope }[] = [];

  constructor(store: RunStore) {
    this.#store = store;
  }

  /** Takes what a watch brings, until it ends or fails. */
  async take(signals: AsyncIterable<Envelope>): Promise<void> {
    for await (const envelope of signals) {
      const sessionId = ambientSessionId(envelope);
      if (sessionId === undefined) continue;
      const run = this.#store.bySession(sessionId);
      if (run !== undefined) await this.#store.append(run.id, { events: ambientEvents(envelope) });
      else if (this.#held.push({ sessionId, envelope }) > HELD_SIGNALS) this.#held.shift();
    }
  }

  /** Records what was held for the session of this run. */
  async release(run: Run): Promise<void> {
    const ours = this.#held.filter((held) => held.sessionId === run.runtimeSessionId);
    if (ours.length === 0) return;
    this.#held.splice(0, this.#held.length, ...this.#held.filter((held) => held.sessionId !== run.runtimeSessionId));
    await this.#store.append(run.id, { events: ours.flatMap((held) => ambientEvents(held.envelope)) });
  }
}
