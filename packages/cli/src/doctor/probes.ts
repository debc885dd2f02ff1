import { connect } from 'node:net';
import { Auth, buildEnvelope, MacpClient, newSessionId, type Bootstrap } from '@macp-agent/core';
import { isMacpError, policyFitsMode, type PolicyDefinition } from '@macp-agent/protocol';

/** What a probe found. `step` is the onboarding step, or the part, that owns the fix. */
export type Finding =
  | { readonly level: 'ok' | 'note'; readonly text: string }
  | { readonly level: 'error'; readonly text: string; readonly step: string; readonly fix: string };

/** What the probes work with. */
export interface ProbeContext {
  readonly bootstrap: Bootstrap;
  readonly client: MacpClient;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface Probe {
  readonly name: string;
  readonly run: (context: ProbeContext) => Promise<Finding>;
}

const ok = (text: string): Finding => ({ level: 'ok', text });
const note = (text: string): Finding => ({ level: 'note', text });
const error = (step: string, text: string, fix: string): Finding => ({ level: 'error', step, text, fix });

/** From the network to the session, in this order; a later one means nothing when an earlier one fails. None changes anything. */
export const PROBES: readonly Probe[] = [
  { name: 'token', run: ({ bootstrap }) => Promise.resolve(judgeToken(bootstrap.runtime.bearerToken, Date.now())) },
  { name: 'network', run: probeNetwork },
  { name: 'runtime', run: probeRuntime },
  { name: 'credential', run: probeCredential },
  { name: 'sender', run: probeSender },
  { name: 'starting sessions', run: probeStart },
  { name: 'policy', run: probePolicy },
  { name: 'session', run: probeSession },
];

/** A token that cannot work, from its form alone. */
export function judgeToken(token: string, nowUnixMs: number): Finding {
  if (!token.includes('.')) return ok('a static token');
  const parts = token.split('.');
  const claims = parts.length === 3 ? readClaims(parts[1] ?? '') : undefined;
  if (claims === undefined)
    return error(
      'step 2',
      'the token contains a dot but is no JWT; a runtime takes it for one and refuses it',
      'make a token without dots: macp onboard <sender>',
    );
  const { exp, macp_scopes: scopes } = claims;
  if (typeof exp === 'number' && exp * 1000 <= nowUnixMs)
    return error('step 2', `the JWT expired ${Math.round(nowUnixMs / 1000 - exp)} s ago`, 'get a new one, with a longer ttl_seconds');
  const modes = typeof scopes === 'object' && scopes !== null && 'allowed_modes' in scopes ? scopes.allowed_modes : undefined;
  if (Array.isArray(modes) && modes.length === 0)
    return error('step 2', 'allowed_modes of the JWT is an empty list, which allows nothing', 'leave the claim out, or list the modes');
  return ok('a JWT that has not expired');
}

function readClaims(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Not a JWT, which is what the caller says.
    return undefined;
  }
}

async function probeNetwork({ bootstrap, timeoutMs, signal }: ProbeContext): Promise<Finding> {
  const { address } = bootstrap.runtime;
  const match = /^\[?([^\]]+?)\]?:(\d+)$/.exec(address);
  if (match === null) return note(`${address} is not host:port; left to the next check`);
  const failure = await tryConnect(match[1] ?? '', Number(match[2]), timeoutMs, signal);
  if (failure === undefined) return ok(`${address} accepts connections`);
  return error('launch', `${address}: ${failure}`, 'check runtime.address and that the runtime runs; in a container it must bind 0.0.0.0');
}

function tryConnect(host: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    const end = (text: string | undefined): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(timeoutMs, () => end(`no answer within ${timeoutMs} ms`));
    socket.once('connect', () => end(undefined));
    socket.once('error', (failure: NodeJS.ErrnoException) => end(failure.code ?? failure.message));
  });
}

async function probeRuntime({ client, bootstrap, timeoutMs, signal }: ProbeContext): Promise<Finding> {
  try {
    const { runtimeInfo, supportedModes } = await client.initialize({ timeoutMs, signal });
    if (!supportedModes.includes(bootstrap.mode))
      return error('scenario', `the runtime does not have the mode ${bootstrap.mode}`, `use one of ${supportedModes.join(', ')}`);
    return ok(`${runtimeInfo?.name ?? 'runtime'} ${runtimeInfo?.version ?? ''}`.trim());
  } catch (failure) {
    const { tls } = bootstrap.runtime;
    const code = isMacpError(failure) ? failure.code : 'TRANSPORT';
    if (code !== 'UNAVAILABLE' && code !== 'TIMEOUT' && code !== 'TRANSPORT') throw failure;
    return error(
      'transport',
      `connected, but no runtime answered ${tls ? 'with TLS' : 'in plaintext'}`,
      `the runtime probably serves ${tls ? 'plaintext: set runtime.tls to false (and allowInsecure to true off this host)' : 'TLS: set runtime.tls to true'}`,
    );
  }
}

/** GetSession carries no sender, so its answer is about the credential alone. */
async function probeCredential({ client, timeoutMs, signal }: ProbeContext): Promise<Finding> {
  const code = await codeOf(() => client.getSession(newSessionId(), { timeoutMs, signal }));
  if (code === 'SESSION_NOT_FOUND' || code === 'FORBIDDEN') return ok('the runtime knows the token');
  if (code === 'UNAUTHENTICATED')
    return error(
      'step 2',
      'the runtime does not know this token',
      'token and sender must stand in its map exactly so (MACP_AUTH_TOKENS_JSON or _FILE); it reads the map once, so restart it',
    );
  return note(`GetSession answered ${code}`);
}

/** A message to a session that does not exist: refused for the sender before it is refused for the session. */
async function probeSender({ client, bootstrap, timeoutMs, signal }: ProbeContext): Promise<Finding> {
  const sender = bootstrap.participant.participantId;
  const envelope = buildEnvelope({ mode: bootstrap.mode, messageType: 'Vote', sessionId: newSessionId(), sender, payload: new Uint8Array() });
  const code = await codeOf(() => client.send(envelope, { timeoutMs, signal }));
  if (code === 'UNAUTHENTICATED') {
    return error(
      'step 1',
      `the token is good, but it does not belong to the sender "${sender}"`,
      'participantId, envelope sender and the sender in the runtime map must be one string, byte for byte; look for an agent:// prefix, blanks and look-alike letters',
    );
  }
  if (code === 'FORBIDDEN')
    return error('step 2', `the identity may not use ${bootstrap.mode}`, 'add the mode to allowed_modes in the runtime map, and "" for signals');
  return ok(`the token belongs to ${sender}`);
}

/** A SessionStart without a payload: refused for the right to start before it is refused for the payload. */
async function probeStart({ client, bootstrap, timeoutMs, signal }: ProbeContext): Promise<Finding> {
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
    return error('step 2', 'the identity may not start sessions', 'set can_start_sessions to true in its entry of the runtime map and restart the runtime');
  if (code === 'SESSION_ALREADY_EXISTS') return error('producer', 'the session id is taken', 'use a new session id for each run');
  return ok('allowed');
}

async function probePolicy({ client, bootstrap, timeoutMs, signal }: ProbeContext): Promise<Finding> {
  const id = bootstrap.initiator?.sessionStart.policyVersion ?? bootstrap.execution.policyVersion;
  const policies = await client.listPolicies('', { timeoutMs, signal });
  const policy = policies.find(({ policyId }) => policyId === id);
  if (policy === undefined)
    return error('policy', `the runtime does not have the policy ${id}`, `register it first; it has ${policies.map(({ policyId }) => policyId).join(', ')}`);
  if (!policyFitsMode({ mode: policy.mode } as PolicyDefinition, bootstrap.mode))
    return error('policy', `${id} is for ${policy.mode}`, `bind a policy of ${bootstrap.mode}`);
  return ok(id);
}

async function probeSession({ client, bootstrap, timeoutMs, signal }: ProbeContext): Promise<Finding> {
  const { sessionId } = bootstrap.run;
  const code = await codeOf(() => client.getSession(sessionId, { timeoutMs, signal }));
  if (code === 'SESSION_NOT_FOUND')
    return bootstrap.initiator === undefined ? note('not started yet; the agent will wait for its initiator') : ok('not started yet, as it should be');
  if (code === 'FORBIDDEN')
    return error(
      'scenario',
      'the session exists, and this agent is neither a participant nor an observer of it',
      'add it to the participants of the scenario (step 4)',
    );
  if (code !== undefined) return note(`GetSession answered ${code}`);
  const { metadata } = await client.getSession(sessionId, { timeoutMs, signal });
  if (bootstrap.initiator !== undefined)
    return error('producer', `the session id is taken: the session is ${metadata.state}`, 'use a new session id for each run');
  return metadata.state === 'SESSION_STATE_OPEN' ? ok('open') : note(`the session is ${metadata.state}`);
}

/** The code that a call fails with; undefined when it succeeds. */
async function codeOf(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (failure) {
    if (isMacpError(failure) && failure.code !== 'ABORTED') return failure.code;
    throw failure;
  }
}

/** A client for the probes: the token as it stands, without the local guard, because the runtime's answer is what counts. */
export function probeClient(bootstrap: Bootstrap): MacpClient {
  const { address, tls, allowInsecure, bearerToken } = bootstrap.runtime;
  return new MacpClient({ address, secure: tls, allowInsecure, auth: Auth.bearer(bearerToken) });
}
