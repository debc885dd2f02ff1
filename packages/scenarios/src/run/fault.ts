import { didYouMean } from '../suggest.js';

/** A failure to provoke: the agent is killed as soon as a message of this type is accepted. */
export interface Fault {
  readonly kind: 'crash';
  readonly participantId: string;
  readonly messageType: string;
}

/** What a fault can name; undefined where that is not known. */
export interface FaultScope {
  readonly participants?: readonly string[] | undefined;
  readonly messageTypes?: readonly string[] | undefined;
}

/** The fault that a text such as `crash:growth-agent@Proposal` names, or everything that is wrong with it. */
export function readFault(text: string, { participants, messageTypes }: FaultScope): { readonly fault?: Fault; readonly problems: readonly string[] } {
  const [, kind, participantId = '', messageType = ''] = /^([^:]*):(.*)@([^@]*)$/s.exec(text) ?? [];
  if (kind !== 'crash' || participantId === '' || messageType === '')
    return { problems: [`write crash:<participant>@<message type>, for example crash:${participants?.[0] ?? 'agent'}@Proposal`] };
  const problems: string[] = [];
  if (participants !== undefined && !participants.includes(participantId))
    problems.push(`${participantId} does not take part.${didYouMean(participantId, participants)} There are: ${participants.join(', ')}`);
  if (messageTypes !== undefined && !messageTypes.includes(messageType))
    problems.push(`${messageType} is no message type of this mode.${didYouMean(messageType, messageTypes)} There are: ${messageTypes.join(', ')}`);
  return problems.length > 0 ? { problems } : { fault: { kind, participantId, messageType }, problems };
}
