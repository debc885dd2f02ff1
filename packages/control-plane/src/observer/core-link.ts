import { Auth, MacpClient, type Logger, type TokenSource } from '@macp-agent/core';
import { fromWireState } from '@macp-agent/protocol';
import type { RuntimeLink } from './runtime-link.js';
import { SubscriptionPool } from './subscription-pool.js';

/** How the runtime is reached; the connection rules are those of MacpClient. */
export interface CoreLinkOptions {
  readonly address: string;
  readonly token: string | TokenSource;
  readonly secure?: boolean | undefined;
  readonly allowInsecure?: boolean | undefined;
  readonly rootCertificates?: Buffer | string | undefined;
  readonly logger: Logger;
}

/** A runtime link over the SDK. Connects on first use. Throws INVALID_OPTIONS for an address or transport that is not acceptable. */
export function openCoreLink(options: CoreLinkOptions): RuntimeLink {
  const { address, secure, allowInsecure, rootCertificates, logger } = options;
  const auth = Auth.bearer(options.token);
  const connect = (): MacpClient => new MacpClient({ address, secure, allowInsecure, rootCertificates, logger, auth, clientName: 'macp-control-plane' });
  const client = connect();
  const subscriptions = new SubscriptionPool(connect);
  return {
    async initialize(signal) {
      const { runtimeInfo, supportedModes } = await client.initialize({ signal });
      return { name: runtimeInfo?.name ?? '', version: runtimeInfo?.version ?? '', supportedModes };
    },
    watchSessions: (signal) => client.watchSessions({ signal }),
    watchSignals: (signal) => client.watchSignals({ signal }),
    subscribe: (sessionId, afterOrdinal, signal) => subscriptions.subscribe(sessionId, afterOrdinal, signal),
    getSession: async (sessionId, signal) => (await client.getSession(sessionId, { signal })).metadata,
    getPolicy: (policyId, signal) => client.getPolicy(policyId, { signal }),
    cancelSession: async (sessionId, reason, signal) => fromWireState((await client.cancelSession(sessionId, reason, { signal })).sessionState),
    suspendSession: async (sessionId, reason, signal) => fromWireState((await client.suspendSession(sessionId, reason, { signal })).sessionState),
    resumeSession: async (sessionId, reason, signal) => fromWireState((await client.resumeSession(sessionId, reason, { signal })).sessionState),
    close: async () => {
      await subscriptions.close();
      await client.close();
    },
  };
}
