import { Auth, MacpClient, type Bootstrap } from '@macp-agent/core';
import type { Finding } from './finding.js';
import { judgeToken } from './judge-token.js';
import { probeAuthService } from './probe-auth-service.js';
import { probeCallback } from './probe-callback.js';
import type { ProbeContext } from './probe-context.js';
import { probeNetwork, probeRuntime } from './probe-connection.js';
import { judgeParticipants, probeAmbient, probeCredential, probeSender, probeStart } from './probe-identity.js';
import { judgePayload, probePolicy, probeProcess, probeSession } from './probe-session.js';

export interface Probe {
  readonly name: string;
  readonly run: (context: ProbeContext) => Finding | Promise<Finding>;
}

/** From what the document says over the network to the session, in this order; a later one means nothing when an earlier one fails. */
export const PROBES: readonly Probe[] = [
  { name: 'participants', run: ({ bootstrap }) => judgeParticipants(bootstrap) },
  { name: 'payload', run: judgePayload },
  {
    name: 'token',
    run: ({ bootstrap, surroundings }) =>
      judgeToken(bootstrap.runtime.bearerToken, Date.now(), { ...surroundings.jwt, starts: bootstrap.initiator !== undefined }),
  },
  { name: 'auth service', run: probeAuthService },
  { name: 'network', run: probeNetwork },
  { name: 'runtime', run: probeRuntime },
  { name: 'credential', run: probeCredential },
  { name: 'sender', run: probeSender },
  { name: 'signals', run: probeAmbient },
  { name: 'starting sessions', run: probeStart },
  { name: 'policy', run: probePolicy },
  { name: 'cancel callback', run: probeCallback },
  { name: 'process', run: probeProcess },
  { name: 'session', run: probeSession },
];

/** A client for the probes: the token as it stands, without the local guard, because the runtime's answer is what counts. */
export function probeClient(bootstrap: Bootstrap): MacpClient {
  const { address, tls, allowInsecure, bearerToken } = bootstrap.runtime;
  return new MacpClient({ address, secure: tls, allowInsecure, auth: Auth.bearer(bearerToken) });
}
