import { MacpError } from '@macp-agent/protocol';
import { didYouMean } from '../suggest.js';

/** A failure to provoke: the agent is killed as soon as a message of this type is accepted. */
export interface Fault {
  readonly kind: 'crash';
  readonly participantId: string;
  readonly messageType: string;
}

/** Reads `crash:growth-agent@Proposal`. Throws INVALID_OPTIONS naming what is wrong and who takes part. */
export function parseFault(text: string, participants: readonly string[]): Fault {
  const colon = text.indexOf(':');
  const at = text.lastIndexOf('@');
  const kind = text.slice(0, Math.max(colon, 0));
  const participantId = text.slice(colon + 1, Math.max(at, 0));
  const messageType = at < 0 ? '' : text.slice(at + 1);
  if (kind !== 'crash' || participantId === '' || messageType === '') {
    throw new MacpError(
      'INVALID_OPTIONS',
      `--fault ${text}: write crash:<participant>@<message type>, for example crash:${participants[0] ?? 'agent'}@Proposal`,
    );
  }
  if (!participants.includes(participantId)) {
    throw new MacpError(
      'INVALID_OPTIONS',
      `--fault ${text}: ${participantId} does not take part.${didYouMean(participantId, participants)} There are: ${participants.join(', ')}`,
    );
  }
  return { kind, participantId, messageType };
}
