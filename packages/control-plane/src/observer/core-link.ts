import { Auth, MacpClient, type Logger, type TokenSource } from '@macp-agent/core';
import { fromWireState, isErrorCode, MacpError, type Envelope } from '@macp-agent/protocol';
import type { RuntimeLink, Subscription } from './runtime-link.js';

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
  const client = new MacpClient({
    address,
    secure,
    allowInsecure,
    rootCertificates,
    logger,
    auth: Auth.bearer(options.token),
    clientName: 'macp-control-plane',
  });
  return {
    async initialize(signal) {
      const { runtimeInfo, supportedModes } = await client.initialize({ signal });
      return { name: runtimeInfo?.name ?? '', version: runtimeInfo?.version ?? '', supportedModes };
    },
    watchSessions: (signal) => client.watchSessions({ signal }),
    watchSignals: (signal) => client.watchSignals({ signal }),
    subscribe: (sessionId, afterOrdinal, signal) => subscribe(client, sessionId, afterOrdinal, signal),
    getSession: async (sessionId, signal) => (await client.getSession(sessionId, { signal })).metadata,
    getPolicy: (policyId, signal) => client.getPolicy(policyId, { signal }),
    cancelSession: async (sessionId, reason, signal) => fromWireState((await client.cancelSession(sessionId, reason, { signal })).sessionState),
    close: () => client.close(),
  };
}

/** Refusals of a subscription come in the stream, which stays open (runtime.md §9.4): they end ours with their code. */
function subscribe(client: MacpClient, sessionId: string, afterOrdinal: number, signal: AbortSignal): Subscription {
  const stream = client.openStream();
  let refusal: MacpError | undefined;
  stream.onInlineError(({ code, message }) => {
    refusal ??= new MacpError(isErrorCode(code) ? code : 'TRANSPORT', `subscribing to ${sessionId} after envelope ${afterOrdinal} was refused: ${message}`, {
      context: { sessionId },
    });
    stream.cancel();
  });
  const onAbort = (): void => stream.cancel();
  signal.addEventListener('abort', onAbort, { once: true });
  const subscribed = stream.sendSubscribe(sessionId, afterOrdinal);
  // A failure to open shows in the iteration as well.
  subscribed.catch(() => undefined);
  async function* read(): AsyncGenerator<Envelope, void, undefined> {
    try {
      yield* stream.responses();
      if (refusal !== undefined) throw refusal;
    } finally {
      signal.removeEventListener('abort', onAbort);
      stream.cancel();
    }
  }
  return {
    finish: () =>
      void subscribed.then(
        () => stream.close(),
        () => stream.cancel(),
      ),
    [Symbol.asyncIterator]: read,
  };
}
