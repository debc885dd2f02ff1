import { MacpError, type Ack } from '@macp-agent/protocol';
import { MacpAckError } from '../errors.js';
import { DecisionSession } from '../session/decision-session.js';
import type { Session, VerbOptions } from '../session/session.js';
import { refusedReport, type ReportSink } from './agent-report.js';
import type { ParticipantActions } from './participant-context.js';

/** The actions over a session. A refusal is reported wherever it ends up; control calls go through the participant. */
export function createActions(
  session: Session,
  signal: AbortSignal,
  report: ReportSink,
  control: Pick<ParticipantActions, 'cancel' | 'suspend' | 'resume'>,
): ParticipantActions {
  const reported = async (messageType: string, options: VerbOptions, act: (options: VerbOptions) => Promise<Ack>): Promise<Ack> => {
    try {
      return await act({ ...options, signal: options.signal === undefined ? signal : AbortSignal.any([options.signal, signal]) });
    } catch (error) {
      if (error instanceof MacpAckError) report(refusedReport(error, messageType));
      throw error;
    }
  };
  const decision = (verb: string): DecisionSession => {
    if (session instanceof DecisionSession) return session;
    throw new MacpError(
      'INVALID_OPTIONS',
      `${verb} belongs to the decision mode and session ${session.sessionId} has ${session.mode}; use send or the session itself`,
    );
  };
  return {
    propose: async (input, options = {}) => reported('Proposal', options, (bound) => decision('propose').propose(input, bound)),
    evaluate: async (input, options = {}) => reported('Evaluation', options, (bound) => decision('evaluate').evaluate(input, bound)),
    raiseObjection: async (input, options = {}) => reported('Objection', options, (bound) => decision('raiseObjection').raiseObjection(input, bound)),
    vote: async (input, options = {}) => reported('Vote', options, (bound) => decision('vote').vote(input, bound)),
    commit: async (input, options = {}) => reported('Commitment', options, (bound) => session.commit(input, bound)),
    send: async (messageType, payload, options = {}) => reported(messageType, options, (bound) => session.send(messageType, payload, bound)),
    ...control,
  };
}
