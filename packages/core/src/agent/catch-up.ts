import type { Envelope } from '@macp-agent/protocol';

/** Counters of a runtime do not survive its restart, so a stream that stays quiet ends the wait too. */
const QUIET_MS = 500;

/**
 * Tells when an agent that joins again has seen everything it did before. Strategies wait for that: they would otherwise act on a
 * proposal that they have long voted on.
 */
export class CatchUp {
  readonly #self: string;
  readonly #onDone: () => void;
  #missing: number;
  #timer: NodeJS.Timeout | undefined;

  /** `ownMessages` is what the runtime has counted for this sender: all but SessionStart. */
  constructor(self: string, ownMessages: number, onDone: () => void) {
    this.#self = self;
    this.#missing = ownMessages;
    this.#onDone = onDone;
    if (ownMessages > 0) this.#restart();
  }

  get done(): boolean {
    return this.#missing <= 0;
  }

  delivered(envelope: Envelope): void {
    if (this.done) return;
    if (envelope.sender === this.#self && envelope.messageType !== 'SessionStart') this.#missing -= 1;
    if (this.#missing <= 0) this.#finish();
    else this.#restart();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#finish(), QUIET_MS);
  }

  #finish(): void {
    clearTimeout(this.#timer);
    this.#missing = 0;
    this.#onDone();
  }
}
