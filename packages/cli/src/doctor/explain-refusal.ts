import { error, type Finding } from './finding.js';

/** A message that a runtime refused, as runs and agents report it. */
export interface RefusedMessage {
  readonly participantId: string;
  readonly code: string;
  readonly message: string;
  readonly messageType: string;
}

interface Explanation {
  readonly code: string;
  /** Only for these; default all. */
  readonly types?: readonly string[];
  /** Only where the runtime says so. */
  readonly says?: RegExp;
  readonly step: string;
  readonly cause: string;
  readonly fix: string;
}

/** Cause and fix of a refusal; the first row that fits counts. Pure. */
export function explainRefusal({ participantId, code, message, messageType }: RefusedMessage): Finding {
  const row = EXPLANATIONS.find(({ code: of, types, says }) => of === code && (types?.includes(messageType) ?? true) && (says?.test(message) ?? true));
  const what = `${participantId}: ${messageType === '' ? 'a call' : messageType} was refused, ${code}: ${message.split(' — ')[0] ?? ''}`;
  return row === undefined
    ? error('step 5', what, 'docs/reference/errors.md has what each code means')
    : error(row.step, `${what}. Cause: ${row.cause}`, row.fix);
}

const AMBIENT = ['Signal', 'Progress'];

const EXPLANATIONS: readonly Explanation[] = [
  {
    code: 'UNAUTHENTICATED',
    step: 'step 2',
    cause: 'the runtime does not know the token, or the token belongs to another sender; the answers look alike',
    fix: 'macp doctor --bootstrap <its bootstrap> tells them apart; token and sender must match exactly',
  },
  {
    code: 'IDENTITY_MISMATCH',
    step: 'step 1',
    cause: 'sender does not match identity: participantId, envelope sender and identity sender are not one string',
    fix: 'use one string everywhere; look for agent://, blanks, case and look-alike letters',
  },
  { code: 'CREDENTIAL_REQUIRED', step: 'step 3', cause: 'the bootstrap has no token', fix: 'add the sender to the token map of the producer' },
  {
    code: 'FORBIDDEN',
    types: ['SessionStart'],
    step: 'step 2',
    cause: 'can_start_sessions is false for this identity',
    fix: 'set it to true in the runtime map, or mint the token with that scope',
  },
  { code: 'FORBIDDEN', types: AMBIENT, step: 'step 2', cause: 'allowed_modes lacks "", which stands for ambient messages', fix: 'add "" to allowed_modes' },
  {
    code: 'FORBIDDEN',
    types: ['Commitment'],
    step: 'policy',
    cause: 'only the initiator commits, unless the policy designates others',
    fix: 'commit from the initiator, or name the role in commitment.designated_roles',
  },
  {
    code: 'FORBIDDEN',
    step: 'step 4',
    cause: 'the sender is not a participant of the session, or its allowed_modes lack the mode',
    fix: 'add it to the participants of the scenario; compare allowed_modes with the mode',
  },
  {
    code: 'SESSION_NOT_FOUND',
    step: 'scenario',
    cause: 'subscribed or sent before SessionStart, or to another session id',
    fix: 'wait for the session (streams of @macp-agent/core do), and check the session id',
  },
  {
    code: 'UNKNOWN_POLICY_VERSION',
    step: 'policy',
    cause: 'the policy is not registered',
    fix: 'register it before SessionStart; macp run does, with an identity that may manage the registry',
  },
  {
    code: 'POLICY_DENIED',
    step: 'policy',
    cause: 'the rules of the bound policy do not hold yet: quorum, confidence or veto; the message lists them',
    fix: 'wait for the votes that are missing before committing; macp policy simulate shows which rule would pass',
  },
  {
    code: 'INVALID_ENVELOPE',
    types: ['Commitment'],
    step: 'step 5',
    cause: 'the commitment does not echo the bound versions, or outcome_positive contradicts the end of its action',
    fix: 'take the versions from the session metadata (session.commit of @macp-agent/core does)',
  },
  {
    code: 'INVALID_ENVELOPE',
    types: ['Evaluation', 'Objection'],
    step: 'step 5',
    cause: 'voting has begun',
    fix: 'evaluate before the first vote; a late evaluation is not counted',
  },
  {
    code: 'INVALID_ENVELOPE',
    types: ['Vote'],
    step: 'step 5',
    cause: 'one vote per sender and proposal',
    fix: 'remember that you have voted; voteAfterPeers does',
  },
  { code: 'SESSION_ALREADY_EXISTS', step: 'producer', cause: 'the session id was used before', fix: 'make a new session id for each run' },
  {
    code: 'INVALID_SESSION_ID',
    step: 'producer',
    cause: 'the session id is in upper case, too short, or no UUID version 4 or 7',
    fix: 'use a lower-case UUID version 4, or 22 to 128 base64url characters',
  },
  {
    code: 'SESSION_NOT_OPEN',
    step: 'step 5',
    cause: 'the session had ended or was suspended',
    fix: 'stop when the session ends; wait while it is suspended',
  },
  {
    code: 'RATE_LIMITED',
    step: 'launch',
    cause: 'too many starts or messages of this sender in a minute, or too many open sessions',
    fix: 'slow down and send again later; raise max_open_sessions or the limits of the runtime',
  },
  { code: 'PAYLOAD_TOO_LARGE', step: 'scenario', cause: 'the payload is longer than the runtime takes', fix: 'send less, or a reference to it' },
  {
    code: 'UNAVAILABLE',
    step: 'launch',
    cause: 'the runtime cannot be reached',
    fix: 'check runtime.address and that it runs; in a container it must bind 0.0.0.0',
  },
];
