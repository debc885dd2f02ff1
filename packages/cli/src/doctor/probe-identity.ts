import { buildEnvelope, newSessionId, type Bootstrap } from '@macp-agent/core';
import { encodePayload, isMacpError } from '@macp-agent/protocol';
import { fingerprint } from '../onboarding/load-token-maps.js';
import { error, note, ok, warning, type Finding } from './finding.js';
import { jwtSubject } from './judge-token.js';
import type { ProbeContext } from './probe-context.js';
import { senderDifference, senderVariants } from './sender-difference.js';

const RESTART = 'it reads its map once, so restart it (macp runtime: SIGHUP)';

/** GetSession carries no sender, so its answer is about the credential alone. */
export async function probeCredential({ client, bootstrap, surroundings, timeoutMs, signal }: ProbeContext): Promise<Finding> {
  const code = await codeOf(() => client.getSession(newSessionId(), { timeoutMs, signal }));
  if (code === 'SESSION_NOT_FOUND' || code === 'FORBIDDEN') return ok('the runtime knows the token');
  if (code !== 'UNAUTHENTICATED') return unexpected('GetSession', code);
  const { bearerToken: token } = bootstrap.runtime;
  if (token.includes('.'))
    return error(
      'step 2',
      'the runtime does not take this JWT',
      'compare issuer, audience and key set of auth service and runtime; give this command MACP_AUTH_ISSUER and MACP_AUTH_JWKS_URL of the runtime, and it says which one differs',
    );
  const known = surroundings.maps?.identities;
  const inFile = known === undefined || known.length === 0 ? undefined : known.some((identity) => identity.token === token);
  const where =
    inFile === undefined
      ? ''
      : inFile
        ? `; ${surroundings.maps?.runtimeFile ?? ''} has it`
        : `; ${surroundings.maps?.runtimeFile ?? ''} does not have it either (${fingerprint(token)})`;
  return error(
    'step 2',
    `the runtime does not know this token${where}`,
    inFile === true
      ? `the map is right, and the runtime has an older one: ${RESTART}`
      : `token and sender must stand in its map exactly so (MACP_AUTH_TOKENS_JSON or _FILE); ${RESTART}`,
  );
}

/** A message to a session that does not exist: refused for the sender before it is refused for the session. */
export async function probeSender(context: ProbeContext): Promise<Finding> {
  const { bootstrap } = context;
  const sender = bootstrap.participant.participantId;
  const code = await sendAs(context, sender);
  if (code === 'UNAUTHENTICATED') return wrongSender(context, sender);
  if (code === 'FORBIDDEN')
    return error(
      'step 2',
      `the identity may not use ${bootstrap.mode}`,
      'add the mode to allowed_modes in the runtime map, and "" for signals; for a JWT to the scope allowed_modes ("*" is no wildcard)',
    );
  return code === 'SESSION_NOT_FOUND' ? ok(`the token belongs to ${sender}`) : unexpected('Send', code);
}

async function wrongSender(context: ProbeContext, sender: string): Promise<Finding> {
  const expected = await ownerOf(context, sender);
  const fix =
    'participantId, envelope sender and the sender in the runtime map must be one string, byte for byte; look for an agent:// prefix, blanks and look-alike letters';
  return error(
    'step 1',
    expected === undefined
      ? `the token is good, but it does not belong to the sender "${sender}"`
      : `the token is good, but it does not belong to the sender "${sender}": it belongs to "${expected}". ${senderDifference(sender, expected)}`,
    expected === undefined ? fix : `use one string everywhere: write "${expected}" as participantId, or give "${sender}" a token of its own`,
  );
}

/** Whose token it is: what the JWT or a map says, else the first look-alike that the runtime takes. */
async function ownerOf(context: ProbeContext, sender: string): Promise<string | undefined> {
  const { bootstrap, surroundings } = context;
  const token = bootstrap.runtime.bearerToken;
  const told = jwtSubject(token) ?? surroundings.maps?.identities.find((identity) => identity.token === token)?.sender;
  if (told !== undefined) return told;
  const others = [...senderVariants(sender), ...bootstrap.session.participants].slice(0, MAX_GUESSES);
  for (const other of new Set(others)) if (other !== sender && (await sendAs(context, other)) !== 'UNAUTHENTICATED') return other;
  return undefined;
}

/** Guesses cost a call each, and count against the runtime's limits. */
const MAX_GUESSES = 24;

function sendAs({ client, bootstrap, timeoutMs, signal }: ProbeContext, sender: string): Promise<string | undefined> {
  const envelope = buildEnvelope({ mode: bootstrap.mode, messageType: 'Vote', sessionId: newSessionId(), sender, payload: new Uint8Array() });
  return codeOf(() => client.send(envelope, { timeoutMs, signal }));
}

/** A Signal whose type is blank: refused for the right to send it before it is refused for the blank. */
export async function probeAmbient({ client, bootstrap, timeoutMs, signal }: ProbeContext): Promise<Finding> {
  const payload = encodePayload('', 'Signal', { signalType: ' ' }) ?? new Uint8Array();
  const envelope = buildEnvelope({ mode: '', messageType: 'Signal', sessionId: '', sender: bootstrap.participant.participantId, payload });
  const code = await codeOf(() => client.send(envelope, { timeoutMs, signal }));
  if (code === 'FORBIDDEN')
    return warning('step 2', 'messages of the mode pass, Signal and Progress are FORBIDDEN', 'add "" to allowed_modes: ambient messages name no mode');
  return code === 'RATE_LIMITED' ? unexpected('Send', code) : ok('allowed');
}

/** A SessionStart without a payload: refused for the right to start before it is refused for the payload. */
export async function probeStart({ client, bootstrap, timeoutMs, signal }: ProbeContext): Promise<Finding> {
  if (bootstrap.initiator === undefined) return ok('not needed: this agent joins');
  const envelope = buildEnvelope({
    mode: bootstrap.mode,
    messageType: 'SessionStart',
    sessionId: newSessionId(),
    sender: bootstrap.participant.participantId,
    payload: new Uint8Array(),
  });
  const code = await codeOf(() => client.send(envelope, { timeoutMs, signal }));
  if (code === 'FORBIDDEN')
    return error(
      'step 2',
      'the identity may not start sessions',
      'set can_start_sessions to true in its entry of the runtime map and restart the runtime; for a JWT mint it with that scope',
    );
  return code === 'RATE_LIMITED' ? unexpected('SessionStart', code) : ok('allowed');
}

/** The code that a call fails with; undefined when it succeeds. */
export async function codeOf(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (failure) {
    if (isMacpError(failure) && failure.code !== 'ABORTED') return failure.code;
    throw failure;
  }
}

function unexpected(what: string, code: string | undefined): Finding {
  if (code === 'RATE_LIMITED')
    return error(
      'launch',
      `${what} answered RATE_LIMITED: this sender has used up its starts or messages of this minute, or its open sessions`,
      'slow down and send again after a minute; macp run --cases paces itself; raise max_open_sessions or the limits of the runtime',
    );
  return note(`${what} answered ${code ?? 'without a refusal'}`);
}

/** Static: nobody may speak in a session that does not list it. */
export function judgeParticipants({ participant, session, initiator }: Bootstrap): Finding {
  const { participantId } = participant;
  const listed = initiator?.sessionStart.participants ?? session.participants;
  if (listed.length === 0) return note('the bootstrap lists no participants');
  if (listed.includes(participantId)) return ok(`${participantId} is one of ${listed.length}`);
  const near = listed.find((other) => senderVariants(participantId).includes(other));
  if (near !== undefined)
    return error('step 1', `the session lists "${near}", not "${participantId}": ${senderDifference(participantId, near)}`, 'use one string everywhere');
  return initiator === undefined
    ? error(
        'step 4',
        `${participantId} is not in the participants of the session (${listed.join(', ')}); its messages would be FORBIDDEN`,
        'add it to the participants of the scenario',
      )
    : note(`the initiator ${participantId} is not in the participants; it may start and commit, and cannot vote`);
}
