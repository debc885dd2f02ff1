import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RunEvent } from '@macp-agent/scenarios';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const FRAUD = 'fraud/high-value-new-device@1.0.0';

type OfType<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

/** `macp … --json` as a user starts it: a process of its own, in an empty folder. Needs the build. */
export class MacpProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'macp-e2e-'));
  readonly events: RunEvent[] = [];
  /** Exit code, once standard output has ended. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  stderr = '';

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    this.#child = spawn(process.execPath, [join(root, 'packages/cli/bin/macp.js'), ...args, '--json', '--packs', join(root, 'examples')], {
      cwd: this.folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: this.folder, RISK_DECIDER_SUSPEND_HOLD_MS: '200', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    if (this.#child.stdout === null) throw new Error('no standard output');
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.events.push(JSON.parse(line) as RunEvent);
      for (const wake of this.#waiting) wake();
    });
    this.ended = new Promise((resolve, reject) => this.#child.once('error', reject).once('close', resolve));
    void this.ended.then(() => this.#waiting.forEach((wake) => wake()));
  }

  of<Type extends RunEvent['type']>(type: Type): OfType<Type>[] {
    return this.events.filter((event): event is OfType<Type> => event.type === type);
  }

  /** Everything printed: with --json a failure is an object on standard output. */
  get said(): string {
    return this.stderr + this.events.map((event) => JSON.stringify(event)).join('\n');
  }

  get outcome(): OfType<'outcome'> {
    const [outcome] = this.of('outcome');
    if (outcome === undefined) throw new Error(`no outcome; standard error: ${this.stderr}`);
    return outcome;
  }

  /** Resolves with the first event that fits; rejects when the process ends without one. */
  async until(fits: (event: RunEvent) => boolean): Promise<RunEvent> {
    for (;;) {
      const found = this.events.find(fits);
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null) throw new Error(`the run ended first; standard error: ${this.stderr}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  /** What a terminal does on Ctrl-C: SIGINT to the whole foreground process group. */
  interrupt(): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGINT');
  }

  /** Pids of the agents, as the run told them. */
  get pids(): number[] {
    return this.of('agent').flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  [Symbol.dispose](): void {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** True while the process exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
