import type { Bootstrap, MacpClient } from '@macp-agent/core';
import type { Surroundings } from './load-surroundings.js';

/** What the probes work with. */
export interface ProbeContext {
  readonly bootstrap: Bootstrap;
  readonly client: MacpClient;
  readonly surroundings: Surroundings;
  /** Process of the agent, when it is known. */
  readonly pid: number | undefined;
  /** Whether the session may be cancelled to see that a cancel works. */
  readonly tryCancel: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}
