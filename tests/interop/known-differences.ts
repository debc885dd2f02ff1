import { SessionStartPayload, type Envelope } from '@macp-agent/protocol';
import type { Script } from './random-session.js';

/** One place where the runtimes may answer differently; each has its row in docs/reference/compatibility.md. */
interface KnownDifference {
  readonly topic: string;
  /** Whether this is one of them: both lines, and those of our runtime before. */
  readonly fits: (ours: string, theirs: string, before: readonly string[], script: Script) => boolean;
}

const KNOWN: readonly KnownDifference[] = [
  {
    topic: 'a TaskReject by the assignee without the policy flag',
    fits: (ours, theirs) => /TaskReject: refused INVALID_ENVELOPE/.test(ours) && theirs.endsWith('POLICY_DENIED'),
  },
  {
    topic: 'who may accept a task that was rejected, and whether it may be given up',
    fits: (ours, _theirs, before) => /TaskAccept|Commitment/.test(ours) && before.some((line) => /TaskReject: ok/.test(line)),
  },
  {
    topic: 'a positive handoff without an accepted offer',
    fits: (ours, theirs, _before, { mode }) => mode.includes('handoff') && /Commitment: refused INVALID_ENVELOPE/.test(ours) && theirs.endsWith('RESOLVED'),
  },
  {
    topic: 'finalize_decline without a REJECT vote',
    fits: (ours, theirs, _before, { policyVersion }) => policyVersion === 'policy.finalize' && ours.endsWith('POLICY_DENIED') && theirs.endsWith('RESOLVED'),
  },
];

/** The first step with different answers that no known difference explains; what comes after a known one is not compared. */
export function unexplained(ours: readonly string[], theirs: readonly string[], script: Script): string | undefined {
  const index = ours.findIndex((line, at) => line !== theirs[at]);
  const [one = '', other = ''] = [ours[index], theirs[index]];
  if (index < 0 || KNOWN.some(({ fits }) => fits(one, other, ours.slice(0, index), script))) return undefined;
  return `ours: ${one}\nreference: ${other}\nbefore: ${ours
    .slice(0, index)
    .filter((line) => line.includes(': ok'))
    .join(', ')}`;
}

/** The same for a single envelope. */
export function unexplainedEnvelope(ours: string, theirs: string, { messageType, payload }: Envelope): string | undefined {
  if (ours === theirs) return undefined;
  if (messageType === 'Progress' && ours === 'refused SESSION_NOT_FOUND' && theirs === 'ok') return undefined;
  if (messageType === 'SessionStart' && ours === 'refused INVALID_ENVELOPE' && SessionStartPayload.decode(payload).participants.length === 0) return undefined;
  return `${messageType}\nours: ${ours}\nreference: ${theirs}`;
}
