import type { AgentExit } from '../launch/agent-process.js';
import type { RunOutcome } from './outcome.js';
import type { ParticipantBinding } from '../compile.js';

/** What happens during a run, in order. The last one is always `outcome`. */
export type RunEvent =
  | {
      readonly type: 'run';
      readonly runId: string;
      readonly sessionId: string;
      readonly scenarioRef: string;
      readonly templateId: string;
      readonly title: string;
      readonly policyVersion: string;
      readonly initiator: string;
      readonly participants: readonly ParticipantBinding[];
      readonly folder: string;
      readonly runtimeAddress: string;
    }
  | {
      readonly type: 'agent';
      readonly participantId: string;
      readonly status: 'started' | 'ready' | 'waiting';
      readonly pid?: number | undefined;
      readonly bootstrapFile?: string | undefined;
    }
  | { readonly type: 'agent-exit'; readonly participantId: string; readonly exit: AgentExit; readonly unexpected: boolean; readonly logTail: readonly string[] }
  | {
      readonly type: 'refused';
      readonly participantId: string;
      readonly code: string;
      readonly message: string;
      readonly messageType: string;
      /** Onboarding step that owns the fix, such as `step 2`, or `policy`. */
      readonly step?: string;
      readonly atMs: number;
    }
  | { readonly type: 'note'; readonly participantId: string; readonly text: string; readonly atMs: number }
  | {
      readonly type: 'envelope';
      /** Ordinal in the session, from 1. */
      readonly seq: number;
      /** Milliseconds since SessionStart was seen. */
      readonly atMs: number;
      readonly atUnixMs: number;
      readonly sender: string;
      readonly messageType: string;
      /** Decoded, JSON-safe. */
      readonly payload: unknown;
      /** What it says, in one line. */
      readonly text: string;
    }
  | { readonly type: 'session'; readonly state: 'SUSPENDED' | 'OPEN' | 'CANCELLED' | 'EXPIRED' | 'RESOLVED'; readonly atMs: number; readonly reason: string }
  | { readonly type: 'fault'; readonly participantId: string; readonly fault: string; readonly atMs: number }
  | OutcomeEvent;

/** How the run ended. */
export type OutcomeEvent = {
  readonly type: 'outcome';
  readonly runId: string;
  readonly sessionId: string;
  readonly durationMs: number;
  readonly transcript: string;
  /** False when lines of it could not be written, such as on a full disk. */
  readonly transcriptComplete: boolean;
} & RunOutcome;
