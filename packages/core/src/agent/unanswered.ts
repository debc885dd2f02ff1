import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** Connections that were accepted and have not been answered yet. */
export class Unanswered {
  readonly #sockets = new Set<Socket>();
  #arrived = 0;
  #onEmpty: () => void = () => undefined;

  constructor(app: FastifyInstance) {
    app.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      this.#arrived += 1;
      socket.once('close', () => this.#remove(socket));
    });
    app.addHook('onResponse', async (request) => this.#remove(request.raw.socket));
  }

  /** Resolves when all that came are answered and nothing has come for `quietMs`, at the latest after `limitMs`. */
  async wait(limitMs: number, quietMs: number): Promise<void> {
    const endsAt = performance.now() + limitMs;
    for (let arrived = -1; arrived !== this.#arrived && performance.now() < endsAt;) {
      arrived = this.#arrived;
      if (quietMs > 0) await delay(Math.min(quietMs, limitMs));
      // One turn of the event loop accepts what is still in the queue of the system.
      await new Promise<void>((resolve) => void setImmediate(resolve));
      await this.#empty(endsAt - performance.now());
    }
  }

  async #empty(limitMs: number): Promise<void> {
    if (this.#sockets.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #remove(socket: Socket): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size === 0) this.#onEmpty();
  }
}
