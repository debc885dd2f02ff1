import type { SessionView } from '@macp-agent/protocol';

/** How the part of an agent in a session ended. */
export interface ParticipantResult {
  /** STOPPED: this agent left while the session was still open. */
  readonly state: 'RESOLVED' | 'EXPIRED' | 'CANCELLED' | 'STOPPED';
  readonly commitment?: NonNullable<SessionView['commitment']>;
  /** Why it was cancelled or stopped, when this process knows. */
  readonly reason?: string;
}
