import { MODE_DECISION, type Ack, type DecisionState, type SessionView } from '@macp-agent/protocol';
import type { CommitmentInput } from '../envelope.js';
import type { SessionVerbs } from '../gen/sessions.js';
import type { DecisionProposalInput } from '../session/decision-session.js';
import type { Projection } from '../session/projection.js';
import type { ProposalInput, ProposalRejectionInput } from '../session/proposal-session.js';
import type { BallotInput } from '../session/quorum-session.js';
import type { VerbOptions, WithSender } from '../session/session.js';
import type { Participant } from './participant.js';

/** The verbs of the modes; each fails with INVALID_OPTIONS in a session of another mode. */
export interface ModeActions extends Omit<SessionVerbs, 'propose' | 'reject'> {
  /** Decision and proposal mode; in the proposal mode `option` stands for the title and `rationale` for the summary. */
  propose(input: WithSender<DecisionProposalInput | ProposalInput>, options?: VerbOptions): Promise<Ack>;
  /** Proposal mode (by proposal) and quorum mode (by request). */
  reject(input: WithSender<ProposalRejectionInput | BallotInput>, options?: VerbOptions): Promise<Ack>;
}

/** What an agent can do in its session. All of them fail with MacpAckError when the runtime refuses, after reporting it. */
export interface ParticipantActions extends ModeActions {
  /** Ends the session with an outcome; the bound versions are filled in. */
  commit(input: CommitmentInput, options?: VerbOptions): Promise<Ack>;
  /** Any message of the mode, as a plain object or encoded bytes. */
  send(messageType: string, payload: object, options?: VerbOptions): Promise<Ack>;
  /** Cancels the session with the own identity; FORBIDDEN names who may. The run ends after it. */
  cancel(reason?: string): Promise<void>;
  suspend(reason?: string): Promise<void>;
  resume(reason?: string): Promise<void>;
}

/** What a handler is given beside the event. Its members are live: they show the session as it is when they are read. */
export interface ParticipantContext {
  readonly participant: Participant;
  readonly view: SessionView;
  /** State of the decision mode; undefined in other modes. */
  readonly decision: DecisionState | undefined;
  /** Query names over the view. */
  readonly projection: Projection;
  readonly actions: ParticipantActions;
  readonly session: {
    readonly sessionId: string;
    readonly mode: string;
    readonly participants: readonly string[];
    readonly initiator: string;
    readonly versions: { readonly modeVersion: string; readonly configurationVersion: string; readonly policyVersion: string };
  };
  /** Scenario inputs of the bootstrap (`session.context`). */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Aborted at once when the agent stops, and 250 ms after the session has ended: hand it to model calls. */
  readonly signal: AbortSignal;
  /** Calls `fn` after `delayMs` unless the agent has ended or the returned function was called. Errors go the way of handler errors. */
  after(delayMs: number, fn: () => void | Promise<void>): () => void;
  /** Resolves after `delayMs`; rejects with ABORTED when the agent ends first. */
  delay(delayMs: number): Promise<void>;
  log(message: string, details?: Readonly<Record<string, unknown>>): void;
}

/** The parts of a context that only the participant can make. */
export type ContextParts = Pick<ParticipantContext, 'participant' | 'actions' | 'inputs' | 'signal' | 'after' | 'delay' | 'log'>;

/** A context over the live view; only valid once the SessionStart is known. */
export function createContext(parts: ContextParts, view: () => SessionView): ParticipantContext {
  return {
    ...parts,
    get view() {
      return view();
    },
    get decision() {
      const { mode, modeState } = view();
      return mode?.descriptor.mode === MODE_DECISION ? (modeState as DecisionState) : undefined;
    },
    get projection() {
      return parts.participant.projection;
    },
    get session() {
      const { binding } = view();
      const { sessionId, mode, participants, initiator, modeVersion, configurationVersion, policyVersion } = binding;
      return { sessionId, mode, participants, initiator, versions: { modeVersion, configurationVersion, policyVersion } };
    },
  };
}
