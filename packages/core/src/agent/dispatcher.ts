import type { CommitmentPayload, EvaluationPayload, ObjectionPayload, ProposalPayload, SessionStartPayload, VotePayload } from '@macp-agent/protocol';
import type { ReceivedEnvelope } from '../session/received-envelope.js';
import type { ParticipantContext } from './participant-context.js';
import type { ParticipantResult } from './participant-result.js';

/** Payloads by message type, as the decision mode has them. */
export interface DecisionPayloads {
  readonly SessionStart: SessionStartPayload;
  readonly Proposal: ProposalPayload;
  readonly Evaluation: EvaluationPayload;
  readonly Objection: ObjectionPayload;
  readonly Vote: VotePayload;
  readonly Commitment: CommitmentPayload;
}

/** An accepted message of the session. */
export interface ParticipantEvent<Payload = Readonly<Record<string, unknown>>> {
  readonly messageType: string;
  readonly sender: string;
  /** Decoded, camelCase; an empty object when the bytes do not decode. */
  readonly payload: Payload;
  readonly proposalId?: string;
  readonly raw: ReceivedEnvelope;
  /** Ordinal in the session, SessionStart is 1. */
  readonly seq: number;
  /** True for what was accepted before this agent joined and that an earlier run of it has already seen. */
  readonly replayed: boolean;
}

/** Handles one accepted message; what it throws goes the way of `onHandlerError`. */
export type EventHandler<Payload = Readonly<Record<string, unknown>>> = (event: ParticipantEvent<Payload>, ctx: ParticipantContext) => void | Promise<void>;
/** Handles a change of the phase. */
export type PhaseHandler = (phase: string, ctx: ParticipantContext) => void | Promise<void>;
/** Handles the end of the session, or of this agent in it. */
export type TerminalHandler = (result: ParticipantResult) => void | Promise<void>;

/** Who wants to know what; handlers of one message are awaited in the order in which they were added, specific before `*`. */
export class Dispatcher {
  readonly #events = new Map<string, EventHandler[]>();
  readonly #phases = new Map<string, PhaseHandler[]>();
  readonly #terminal: TerminalHandler[] = [];

  /** Adds a handler for a message type, or for all with `*`. */
  on(messageType: string, handler: EventHandler): this {
    add(this.#events, messageType, handler);
    return this;
  }

  /** Adds a handler for a phase, or for all with `*`. */
  onPhaseChange(phase: string, handler: PhaseHandler): this {
    add(this.#phases, phase, handler);
    return this;
  }

  /** Adds a handler for the end. */
  onTerminal(handler: TerminalHandler): this {
    this.#terminal.push(handler);
    return this;
  }

  /** Whether somebody wants messages of this type. */
  hasHandlersFor(messageType: string): boolean {
    return this.#events.has(messageType) || this.#events.has('*');
  }

  /** Whether somebody wants to know the end. */
  hasTerminalHandler(): boolean {
    return this.#terminal.length > 0;
  }

  /** Awaits every handler of the message; the first that throws ends it. */
  async dispatch(event: ParticipantEvent, ctx: ParticipantContext): Promise<void> {
    for (const handler of handlers(this.#events, event.messageType)) await handler(event, ctx);
  }

  /** Awaits every handler of the phase; the first that throws ends it. */
  async dispatchPhaseChange(phase: string, ctx: ParticipantContext): Promise<void> {
    for (const handler of handlers(this.#phases, phase)) await handler(phase, ctx);
  }

  /** Awaits every handler of the end; the first that throws ends it. */
  async dispatchTerminal(result: ParticipantResult): Promise<void> {
    for (const handler of this.#terminal) await handler(result);
  }
}

/** The event of a delivered envelope. */
export function toEvent(raw: ReceivedEnvelope, replayed: boolean): ParticipantEvent {
  const decoded = raw.decodedPayload;
  const payload = typeof decoded === 'object' && decoded !== null ? (decoded as Readonly<Record<string, unknown>>) : {};
  const proposalId = payload['proposalId'];
  const { messageType, sender, sequence } = raw;
  return { messageType, sender, payload, raw, seq: sequence, replayed, ...(typeof proposalId === 'string' && { proposalId }) };
}

function add<T>(table: Map<string, T[]>, key: string, handler: T): void {
  const list = table.get(key);
  if (list === undefined) table.set(key, [handler]);
  else list.push(handler);
}

const handlers = <T>(table: ReadonlyMap<string, readonly T[]>, key: string): readonly T[] => [
  ...(table.get(key) ?? []),
  ...(key === '*' ? [] : (table.get('*') ?? [])),
];
