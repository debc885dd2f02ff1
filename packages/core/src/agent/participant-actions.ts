import { MacpError, type Ack } from '@macp-agent/protocol';
import { MacpAckError } from '../errors.js';
import { SESSION_CLASSES } from '../gen/sessions.js';
import { ProposalSession } from '../session/proposal-session.js';
import type { Session, VerbOptions } from '../session/session.js';
import { refusedReport, type ReportSink } from './agent-report.js';
import type { ModeActions, ParticipantActions } from './participant-context.js';

type Verb = (input: object, options?: VerbOptions) => Promise<Ack>;

/** The message that each verb sends; the session of a mode has the verbs of its mode. */
const VERBS: ReadonlyMap<string, string> = new Map(Object.values(SESSION_CLASSES).flatMap(({ verbs }) => Object.entries(verbs)));

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
  const verb =
    (name: string, messageType: string): Verb =>
    async (input, options = {}) =>
      reported(messageType, options, (bound) => findVerb(session, name)(asInput(session, name, input), bound));
  const verbs = Object.fromEntries([...VERBS].map(([name, messageType]) => [name, verb(name, messageType)]));
  return {
    ...(verbs as unknown as ModeActions),
    commit: async (input, options = {}) => reported('Commitment', options, (bound) => session.commit(input, bound)),
    send: async (messageType, payload, options = {}) => reported(messageType, options, (bound) => session.send(messageType, payload, bound)),
    ...control,
  };
}

function findVerb(session: Session, name: string): Verb {
  const verb = (session as unknown as Readonly<Record<string, Verb | undefined>>)[name];
  if (verb !== undefined) return verb.bind(session);
  throw new MacpError('INVALID_OPTIONS', `${name} is no verb of ${session.mode}, the mode of session ${session.sessionId}; use send or the session itself`);
}

/** Agents of the older SDK propose in the proposal mode with the members of a decision proposal. */
function asInput(session: Session, name: string, input: object): object {
  if (name !== 'propose' || !(session instanceof ProposalSession) || !('option' in input) || 'title' in input) return input;
  return { ...input, title: input.option, summary: 'rationale' in input ? input.rationale : undefined };
}
