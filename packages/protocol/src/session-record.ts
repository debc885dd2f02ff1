import type { PolicyDefinition } from './policy/definition.js';
import type { Envelope } from './wire/envelope.js';

/**
 * One entry of a session's history. Each takes an ordinal, counted from 1. Also what the runtime itself writes: the RFCs have it
 * in the accepted history, and readers that count what they get stay in step.
 */
export type SessionRecord =
  | { readonly kind: 'start'; readonly envelope: Envelope; readonly atUnixMs: number; readonly policy?: PolicyDefinition | undefined }
  | { readonly kind: 'envelope'; readonly envelope: Envelope; readonly atUnixMs: number }
  | { readonly kind: 'suspend' | 'resume' | 'cancel'; readonly by: string; readonly reason: string; readonly atUnixMs: number }
  | { readonly kind: 'expire'; readonly atUnixMs: number };
