import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Auth, MacpClient } from '@macp-agent/core';
import { findReferenceRuntime } from './outside.js';

/** A runtime command that the suite runs on. */
export interface RuntimeKind {
  readonly name: 'ours' | 'reference';
  readonly command: readonly [string, ...string[]];
}

const ours: RuntimeKind = { name: 'ours', command: [process.execPath, fileURLToPath(new URL('../../packages/runtime/bin/macp-runtime.js', import.meta.url))] };
const reference = findReferenceRuntime();

/** Our runtime, and the reference runtime where it is installed. */
export const RUNTIMES: readonly RuntimeKind[] = reference === undefined ? [ours] : [ours, { name: 'reference', command: [reference] }];

const READY_MS = 20_000;

/** A runtime process in plaintext on this host; its data folder and address outlive a restart. */
export class RuntimeProcess implements AsyncDisposable {
  readonly kind: RuntimeKind;
  readonly address: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'macp-interop-'));
  readonly #clients: MacpClient[] = [];
  #child: ChildProcess | undefined;
  #output = '';

  private constructor(kind: RuntimeKind, port: number, env: Readonly<Record<string, string>>) {
    this.kind = kind;
    this.address = `127.0.0.1:${port}`;
    this.#env = env;
  }

  /** Starts it, in memory unless `env` says otherwise, with rates that no test meets. Resolves once it answers. */
  static async start(kind: RuntimeKind, env: Readonly<Record<string, string>> = { MACP_MEMORY_ONLY: '1' }): Promise<RuntimeProcess> {
    const runtime = new RuntimeProcess(kind, await freePort(), env);
    await runtime.#spawn();
    return runtime;
  }

  /**
   * A client of this identity, which closes with the process. In development mode, where no identities are given, the token is the
   * sender; `anySender` lets it name another one, which the runtime then refuses.
   */
  async client(sender: string, { token = sender, anySender = false }: { token?: string; anySender?: boolean } = {}): Promise<MacpClient> {
    const auth = Auth.bearer(token, anySender ? {} : { expectedSender: sender });
    const client = new MacpClient({ address: this.address, allowInsecure: true, auth });
    this.#clients.push(client);
    await client.initialize();
    return client;
  }

  /** Ends the process with a signal and starts it again on the same address and data. */
  async restart(signal: NodeJS.Signals): Promise<void> {
    await this.#stop(signal);
    await this.#spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.#stop('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #spawn(): Promise<void> {
    const [command, ...args] = this.kind.command;
    const child = spawn(command, args, {
      cwd: this.#folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: this.#folder,
        MACP_BIND_ADDR: this.address,
        MACP_ALLOW_INSECURE: '1',
        MACP_SESSION_START_LIMIT_PER_MINUTE: '100000',
        MACP_MESSAGE_LIMIT_PER_MINUTE: '100000',
        ...this.#env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output = (this.#output + text).slice(-20_000)));
    await Promise.race([
      this.#answers(),
      new Promise((_resolve, reject) =>
        child.once('error', reject).once('exit', (code) => reject(new Error(`the runtime ended with ${code}:\n${this.#output}`))),
      ),
    ]);
  }

  async #answers(): Promise<void> {
    await using client = new MacpClient({ address: this.address, allowInsecure: true, auth: Auth.devAgent('probe') });
    await client.initialize({ timeoutMs: READY_MS });
  }

  async #stop(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exited;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
