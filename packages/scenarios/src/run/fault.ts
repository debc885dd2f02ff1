import { didYouMean } from '../suggest.js';

/** A failure to provoke in a run. */
export type Fault =
  /** The agent is killed as soon as a message of this type is accepted. */
  | { readonly kind: 'crash'; readonly participantId: string; readonly messageType: string }
  /** Each of its messages takes this much longer on the way to the runtime. */
  | { readonly kind: 'delay'; readonly participantId: string; readonly delayMs: number }
  /** `drop-stream`: its first session stream breaks after SessionStart. `duplicate`: each of its messages arrives twice. `nack`: each but SessionStart is refused. */
  | { readonly kind: 'drop-stream' | 'duplicate' | 'nack'; readonly participantId: string }
  /** The session gets a short life and no Commitment arrives in it. */
  | { readonly kind: 'expire' };

/** What a fault can name; undefined where that is not known. */
export interface FaultScope {
  readonly participants?: readonly string[] | undefined;
  readonly messageTypes?: readonly string[] | undefined;
}

/** Every form, in the order of the documentation. */
const FORMS = {
  crash: 'crash:<participant>@<message type>',
  delay: 'delay:<participant>=<milliseconds>',
  'drop-stream': 'drop-stream:<participant>',
  duplicate: 'duplicate:<participant>',
  nack: 'nack:<participant>',
  expire: 'expire',
};
type Kind = keyof typeof FORMS;
const MAX_DELAY_MS = 600_000;

/** The fault that a text such as `crash:growth-agent@Proposal` names, or everything that is wrong with it. */
export function readFault(text: string, scope: FaultScope): { readonly fault?: Fault; readonly problems: readonly string[] } {
  const [, kind = '', rest] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  const agent = scope.participants?.[0] ?? 'agent';
  if (!isKind(kind))
    return {
      problems: [
        `there is no such fault.${didYouMean(kind, Object.keys(FORMS))} Write one of ${Object.values(FORMS).join(', ')}, for example crash:${agent}@Proposal`,
      ],
    };
  const malformed = { problems: [`write ${FORMS[kind]}, for example ${EXAMPLES[kind](agent)}`] };
  if (kind === 'expire') return rest === undefined ? { fault: { kind }, problems: [] } : malformed;
  const parts = PARTS[kind].exec(rest ?? '')?.groups;
  if (parts === undefined) return malformed;
  const { participantId = '', messageType = '', ms = '' } = parts;
  const problems: string[] = [];
  const { participants, messageTypes } = scope;
  if (participants !== undefined && !participants.includes(participantId))
    problems.push(`${participantId} does not take part.${didYouMean(participantId, participants)} There are: ${participants.join(', ')}`);
  if (kind === 'crash' && messageTypes !== undefined && !messageTypes.includes(messageType))
    problems.push(`${messageType} is no message type of this mode.${didYouMean(messageType, messageTypes)} There are: ${messageTypes.join(', ')}`);
  if (kind === 'delay' && (Number(ms) < 1 || Number(ms) > MAX_DELAY_MS)) problems.push(`${ms} is no delay; give 1 to ${MAX_DELAY_MS} milliseconds`);
  if (problems.length > 0) return { problems };
  if (kind === 'crash') return { fault: { kind, participantId, messageType }, problems };
  if (kind === 'delay') return { fault: { kind, participantId, delayMs: Number(ms) }, problems };
  return { fault: { kind, participantId }, problems };
}

const AGENT_ONLY = /^(?<participantId>.+)$/s;
const PARTS: Readonly<Record<Exclude<Kind, 'expire'>, RegExp>> = {
  crash: /^(?<participantId>.+)@(?<messageType>[^@]+)$/s,
  delay: /^(?<participantId>.+)=(?<ms>\d+)$/s,
  'drop-stream': AGENT_ONLY,
  duplicate: AGENT_ONLY,
  nack: AGENT_ONLY,
};
const EXAMPLES: Readonly<Record<Kind, (agent: string) => string>> = {
  crash: (agent) => `crash:${agent}@Proposal`,
  delay: (agent) => `delay:${agent}=500`,
  'drop-stream': (agent) => `drop-stream:${agent}`,
  duplicate: (agent) => `duplicate:${agent}`,
  nack: (agent) => `nack:${agent}`,
  expire: () => 'expire',
};

const isKind = (text: string): text is Kind => Object.hasOwn(FORMS, text);
