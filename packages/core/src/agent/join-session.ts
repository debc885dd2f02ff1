import { isMacpError, isTerminal, type SessionMetadata } from '@macp-agent/protocol';
import { senderFor, type AuthConfig } from '../auth.js';
import { buildEnvelope, type SessionStartInput } from '../envelope.js';
import type { Logger } from '../logger.js';
import type { Session } from '../session/session.js';
import { actionId } from './action-id.js';
import { refusedReport, type ReportSink } from './agent-report.js';
import { readState } from './cancel-as-self.js';

/** What the agent that starts a session sends first. */
export interface InitiatorConfig {
  readonly sessionStart: SessionStartInput;
  /** First message of the mode; `bytes` win over `payload`. */
  readonly kickoff?: { readonly messageType: string; readonly payload: object; readonly bytes?: Uint8Array } | undefined;
  /** Called before the kickoff is sent; what it gives is sent instead of its payload, `bytes` included. An agent that was restarted calls it again. */
  readonly prepareKickoff?: PrepareKickoff | undefined;
}

/** Gives the payload of the kickoff, from the one that the bootstrap has. The signal fires when the agent leaves. */
export type PrepareKickoff = (payload: Readonly<Record<string, unknown>>, signal: AbortSignal) => object | Promise<object>;

export interface JoinFacts {
  readonly session: Session;
  readonly participantId: string;
  readonly auth: AuthConfig | undefined;
  readonly initiator: InitiatorConfig | undefined;
  readonly signal: AbortSignal;
  readonly report: ReportSink;
  readonly logger: Logger;
}

/** What was found. */
export interface Joined {
  /** The session had begun before, so this agent may have acted in it. */
  readonly existed: boolean;
  /** Messages of this sender in the history, as the runtime counts them; a runtime that was restarted may have lost count. */
  readonly ownMessages: number;
}

/**
 * Starts the session and sends the kickoff, or finds out what this identity has done in it before.
 */
export async function joinSession(facts: JoinFacts): Promise<Joined> {
  if (facts.initiator === undefined) return joinedAfter(facts, await lookUp(facts));
  const joined = await start(facts, facts.initiator);
  await kickOff(facts, facts.initiator, joined.existed);
  return joined;
}

async function start(facts: JoinFacts, { sessionStart }: InitiatorConfig): Promise<Joined> {
  const { session, signal } = facts;
  try {
    await session.start(sessionStart, { signal });
    return { existed: false, ownMessages: 0 };
  } catch (error) {
    if (isMacpError(error) && error.code === 'SESSION_ALREADY_EXISTS') {
      // An initiator that was restarted finds its own session and goes on; anyone else's stays an error.
      const { metadata } = await session.metadata({ signal });
      if (metadata.initiator === facts.participantId) return joinedAfter(facts, metadata);
    }
    if (isMacpError(error)) facts.report(refusedReport(error, 'SessionStart'));
    throw error;
  }
}

async function kickOff(facts: JoinFacts, { kickoff, prepareKickoff }: InitiatorConfig, again: boolean): Promise<void> {
  if (kickoff === undefined) return;
  const { session, participantId, auth, signal } = facts;
  const { messageType } = kickoff;
  const prepared = await prepareKickoff?.({ ...kickoff.payload }, signal);
  const envelope = buildEnvelope({
    mode: session.mode,
    messageType,
    sessionId: session.sessionId,
    payload: prepared ?? kickoff.bytes ?? kickoff.payload,
    sender: senderFor(auth),
    messageId: actionId(session.sessionId, participantId, 'kickoff', messageType),
  });
  try {
    await session.sendEnvelope(envelope, { signal, via: 'unary' });
  } catch (error) {
    // A session that is suspended has had its kickoff, when this agent was started again; one that is over needs none.
    if (isMacpError(error) && error.code === 'SESSION_NOT_OPEN' && (again || (await isOver(facts)))) return;
    if (isMacpError(error)) facts.report(refusedReport(error, messageType));
    throw error;
  }
}

async function isOver({ session, logger }: JoinFacts): Promise<boolean> {
  const state = await readState(session, logger);
  return state !== undefined && isTerminal(state);
}

async function lookUp({ session, signal, logger }: JoinFacts): Promise<SessionMetadata | undefined> {
  try {
    return (await session.metadata({ signal })).metadata;
  } catch (error) {
    if (signal.aborted || !isMacpError(error)) throw error;
    // Not there yet, or not readable: the stream waits for the one and explains the other.
    if (error.code !== 'SESSION_NOT_FOUND') logger.debug('GetSession before joining failed', { sessionId: session.sessionId, code: error.code });
    return undefined;
  }
}

function joinedAfter({ participantId }: JoinFacts, metadata: SessionMetadata | undefined): Joined {
  const own = metadata?.participantActivity.find((activity) => activity.participantId === participantId);
  return { existed: metadata !== undefined, ownMessages: own?.messageCount ?? 0 };
}
