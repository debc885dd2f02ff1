/** One accepted message of a session, as a participant saw it. */
export interface TranscriptEntry {
  readonly messageType: string;
  readonly sender: string;
  readonly payload: unknown;
}

/**
 * A transcript as lines that are the same for every run of the same script: no ids of messages, no times, and within one
 * kind of message sorted by sender, because evaluators answer at the same time. Kinds keep the order of their first message.
 */
export function transcriptLines(transcript: readonly TranscriptEntry[]): string[] {
  const kinds = [...new Set(transcript.map(({ messageType }) => messageType))];
  return kinds.flatMap((kind) => {
    const lines = transcript.filter(({ messageType }) => messageType === kind).map((entry) => `${entry.sender} ${kind}${summaryOf(entry.payload)}`);
    return lines.toSorted();
  });
}

/** Votes by sender, as a test compares them. */
export function votesIn(transcript: readonly TranscriptEntry[]): Record<string, string> {
  const votes = transcript
    .filter(({ messageType }) => messageType === 'Vote')
    .map(({ sender, payload }) => [sender, String((payload as { vote?: unknown }).vote)] as const);
  return Object.fromEntries(votes.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

const SHOWN = ['proposalId', 'option', 'recommendation', 'confidence', 'severity', 'vote', 'action', 'outcomePositive', 'reason'] as const;

function summaryOf(payload: unknown): string {
  const members = payload as Readonly<Record<string, unknown>>;
  return SHOWN.filter((name) => members[name] !== undefined && members[name] !== '')
    .map((name) => ` ${name}=${String(members[name])}`)
    .join('');
}
