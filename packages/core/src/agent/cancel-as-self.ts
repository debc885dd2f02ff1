import { fromWireState, isMacpError, MacpError, type SessionState } from '@macp-agent/protocol';
import type { Logger } from '../logger.js';
import type { Session } from '../session/session.js';
import { refusedReport, type ReportSink } from './agent-report.js';

export interface CancelFacts {
  readonly session: Session;
  readonly participantId: string;
  readonly report: ReportSink;
  readonly logger: Logger;
}

/** An observer waits 5 s for the answer of the callback: both calls fit. */
const CANCEL_TIMEOUT_MS = 3_000;
const CONFIRM_TIMEOUT_MS = 1_500;

/**
 * CancelSession with the own identity, confirmed by GetSession; the runtime alone decides whether this agent may
 * (RFC-MACP-0001 §7.2). MacpError FORBIDDEN names who may. Returns the state that the session has now.
 */
export async function cancelAsSelf(facts: CancelFacts, reason: string): Promise<SessionState | undefined> {
  const { session, participantId } = facts;
  try {
    const ack = await session.cancel(reason, { timeoutMs: CANCEL_TIMEOUT_MS });
    return (await readState(session, facts.logger)) ?? fromWireState(ack.sessionState);
  } catch (error) {
    if (!isMacpError(error)) throw error;
    facts.report(refusedReport(error, 'SessionCancel'));
    if (error.code !== 'FORBIDDEN') throw error;
    const initiator = session.view?.binding.initiator ?? 'the initiator of the session';
    throw new MacpError('FORBIDDEN', `${participantId} may not cancel session ${session.sessionId}; ${initiator} may, and whom its policy names`, {
      cause: error,
    });
  }
}

/** The state of the session as the runtime tells it; undefined when it does not answer. */
export async function readState(session: Session, logger: Logger): Promise<SessionState | undefined> {
  try {
    return fromWireState((await session.metadata({ timeoutMs: CONFIRM_TIMEOUT_MS })).metadata.state);
  } catch (error) {
    logger.debug('GetSession gave no state', { sessionId: session.sessionId, code: isMacpError(error) ? error.code : undefined });
    return undefined;
  }
}
