import { connect, createServer, type Socket } from 'node:net';
import { listen } from './listen.js';

/** A TCP proxy in front of a runtime that can misbehave on command. */
export interface FaultProxy {
  /** `127.0.0.1:port`, to be used in place of the runtime's address. */
  readonly address: string;
  /** Connections open now. */
  readonly connections: number;
  /** Breaks every open connection, as a restart or a load balancer does; new ones work. */
  cut(): void;
  /** Keeps connections open but passes nothing on until `release`; new connections wait as well. */
  hold(): void;
  release(): void;
  /** Refuses new connections until `accept`, and cuts the open ones. */
  refuse(): void;
  accept(): void;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a proxy to `target` (`host:port`) on a loopback port, for tests of reconnecting and deadlines:
 * give agents `proxy.address`, then `proxy.cut()` in the middle of a session. The signal gives the start up with ABORTED and has no
 * effect later. Experimental.
 */
export async function startFaultProxy(target: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<FaultProxy> {
  const { hostname, port: targetPort } = new URL(`tcp://${target}`);
  const pairs = new Set<readonly [Socket, Socket]>();
  let held = false;
  let refusing = false;

  const server = createServer((client) => {
    if (refusing) return void client.resetAndDestroy();
    const upstream = connect(Number(targetPort), hostname);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    client.pipe(upstream).pipe(client);
    if (held) pauseBoth(pair);
    for (const socket of pair) {
      // A broken side ends the other; nothing else is to be done about it.
      socket.on('error', () => socket.destroy());
      socket.once('close', () => {
        pairs.delete(pair);
        for (const side of pair) side.destroy();
      });
    }
    return undefined;
  });
  const port = await listen(server, 'startFaultProxy', options.signal);

  const cut = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
  };
  const close = async (): Promise<void> => {
    cut();
    await new Promise<void>((resolve) => {
      // An error says that it was closed before, which is what close() promises.
      server.close(() => resolve());
    });
  };
  return {
    address: `127.0.0.1:${port}`,
    get connections() {
      return pairs.size;
    },
    cut,
    hold() {
      if (held) return;
      held = true;
      for (const pair of pairs) pauseBoth(pair);
    },
    release() {
      // A second pipe would pass everything on twice.
      if (!held) return;
      held = false;
      for (const [client, upstream] of pairs) client.pipe(upstream).pipe(client);
    },
    refuse() {
      refusing = true;
      cut();
    },
    accept() {
      refusing = false;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function pauseBoth([client, upstream]: readonly [Socket, Socket]): void {
  client.unpipe(upstream);
  upstream.unpipe(client);
  client.pause();
  upstream.pause();
}
