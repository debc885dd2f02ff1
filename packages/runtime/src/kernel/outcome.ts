import type { Refusal, SessionState } from '@macp-agent/protocol';

/** An envelope that stands in the history, now or already before (`duplicate`). */
export interface Acceptance {
  readonly accepted: true;
  readonly duplicate: boolean;
  /** State of the session after processing. */
  readonly state: SessionState;
  readonly atUnixMs: number;
}

/** What the kernel says about an envelope: it never throws for what a client sent. */
export type Outcome = Acceptance | Refusal;
