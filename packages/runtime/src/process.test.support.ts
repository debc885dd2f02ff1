import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../bin/macp-runtime.js', import.meta.url));

/** The real `macp-runtime`, with MACP_* variables only. */
export class RuntimeProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  stdout = '';
  stderr = '';
  #waiting: (() => void)[] = [];

  /** `fileBlocks`: no file of the process may grow beyond so many blocks. `before`: words of a command that starts it. */
  constructor(
    env: Record<string, string>,
    { fileBlocks, words = [], before = [] }: { readonly fileBlocks?: number; readonly words?: readonly string[]; readonly before?: readonly string[] } = {},
  ) {
    const { PATH = '', HOME = '' } = process.env;
    const command = [...before, process.execPath, COMMAND, ...words];
    const [file = '', ...args] = fileBlocks === undefined ? command : ['sh', '-c', `ulimit -f ${fileBlocks}; exec "$@"`, 'sh', ...command];
    const cwd = mkdtempSync(join(tmpdir(), 'macp-process-'));
    this.child = spawn(file, args, { cwd, env: { PATH, HOME, MACP_BIND_ADDR: '127.0.0.1:0', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (chunk) => this.#note(() => (this.stdout += String(chunk))));
    this.child.stderr?.on('data', (chunk) => this.#note(() => (this.stderr += String(chunk))));
    this.exit = once(this.child, 'close').then(([code]) => {
      this.#note(() => undefined);
      return code as number | null;
    });
  }

  /** Resolves with the match once the output has it. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (match !== null) return match;
      if (this.child.exitCode !== null) throw new Error(`the process ended with ${this.child.exitCode}: ${this.stderr}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async address(): Promise<string> {
    return (await this.says(/listening on ([\d.]+:\d+)/))[1] as string;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
  }

  #note(change: () => void): void {
    change();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
