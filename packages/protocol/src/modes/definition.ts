import type { ModePolicy } from '../policy/mode-policy.js';
import type { WireMessage } from '../wire/message.js';
import type { Mode } from './mode.js';

/** All that a mode is. Each folder of `modes/` exports one as `definition`; `npx pnpm generate` gathers them in `gen/modes.ts`. */
export interface ModeDefinition {
  readonly mode: Mode;
  /** Number of the RFC that puts the mode on the standards track, which ListModes is sorted by; absent for an extension. */
  readonly rfc?: number;
  /** Payload of each message type of its own (wire.md §9). Short names repeat between modes. */
  readonly payloads: Readonly<Record<string, WireMessage<object>>>;
  /** Readers of payloads whose bytes have more than one form; they throw an Error for bytes that have none. */
  readonly readers?: Readonly<Record<string, (bytes: Uint8Array) => object>>;
  /** What its policies can say; absent where no policy is asked and the initiator commits. */
  readonly policy?: ModePolicy;
}
