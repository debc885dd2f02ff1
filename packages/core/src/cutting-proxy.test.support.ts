import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Pseudo-random numbers from a seed (mulberry32), so that a failing round can be played again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Forwards TCP and cuts connections: after a random time, in the middle of the next chunk, in both directions at once. */
export class CuttingProxy {
  cuts = 0;
  cutsLeft = 0;
  readonly #random: () => number;
  readonly #target: () => number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(target: () => number, random: () => number) {
    this.#target = target;
    this.#random = random;
    this.#server = createServer((client) => this.#forward(client));
  }

  static async start(target: () => number, random: () => number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target, random);
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts everything now. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cutAll();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #forward(client: Socket): void {
    const upstream = connect(this.#target(), '127.0.0.1');
    const pair = [client, upstream];
    let cutting = false;
    const cut = (): void => {
      for (const socket of pair) socket.destroy();
    };
    const timer = setTimeout(
      () => {
        cutting = this.cutsLeft > 0;
      },
      3 + this.#random() * 80,
    );
    const pipe = (from: Socket, to: Socket): void => {
      from.on('data', (chunk: Buffer) => {
        if (!cutting || this.cutsLeft <= 0) {
          to.write(chunk);
          return;
        }
        this.cutsLeft -= 1;
        this.cuts += 1;
        to.write(chunk.subarray(0, Math.floor(this.#random() * chunk.length)), cut);
        cutting = false;
        from.removeAllListeners('data');
      });
      from.on('error', cut);
      from.on('close', () => {
        clearTimeout(timer);
        this.#sockets.delete(from);
        cut();
      });
      this.#sockets.add(from);
    };
    pipe(client, upstream);
    pipe(upstream, client);
  }
}
