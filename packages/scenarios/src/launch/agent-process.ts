import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { readLines, readReports, type AgentReport } from './agent-report.js';
import { leftovers } from './leftovers.js';

/** How an agent process ended. */
export interface AgentExit {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

export interface AgentProcessOptions {
  readonly participantId: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Takes standard output and error, at most 16 MiB. */
  readonly logFile: string;
  readonly onReport: (report: AgentReport) => void;
  /** Opens a pipe to file descriptor 4, for `feed`. */
  readonly fed?: boolean | undefined;
}

const MAX_LOG_BYTES = 16 * 1_048_576;
const MAX_LINE = 8_192;
const TAIL_LINES = 20;
/** After the leader has gone, what it left in the pipes gets this long. */
const DRAIN_MS = 200;

/**
 * One agent in a process group of its own, so that a Ctrl-C at the terminal reaches only the runner and stopping reaches
 * everything the agent started. Standard output and error go to a log file, reports come on file descriptor 3.
 */
export class AgentProcess {
  readonly participantId: string;
  /** Settles when the process has gone; never rejects. */
  readonly exited: Promise<AgentExit>;
  readonly #child: ChildProcess;
  readonly #tail: string[] = [];
  #exit: AgentExit | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: AgentProcessOptions) {
    this.participantId = options.participantId;
    this.#child = spawn(options.command, [...options.args], {
      cwd: options.cwd,
      env: { ...options.env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...(options.fed === true ? ['pipe' as const] : [])],
    });
    if (this.#child.pid !== undefined) leftovers.add({ group: this.#child.pid });
    this.#capture(options.logFile);
    const reports = this.#child.stdio[3];
    if (reports !== null && reports !== undefined) readReports(reports as Readable, options.onReport);
    this.exited = new Promise((resolve) => {
      const done = (exit: AgentExit): void => {
        this.#exit ??= exit;
        // Whatever the agent started and left behind.
        this.#signal('SIGKILL');
        if (this.#child.pid !== undefined) leftovers.remove({ group: this.#child.pid });
        const timer = setTimeout(() => resolve(exit), DRAIN_MS);
        this.#child.once('close', () => {
          clearTimeout(timer);
          resolve(exit);
        });
      };
      this.#child.once('error', (error) => {
        this.#note(`did not start: ${error.message}`);
        if (this.#child.pid === undefined) resolve((this.#exit = { code: 127, signal: undefined }));
      });
      this.#child.once('exit', (code, signal) => done({ code: code ?? undefined, signal: signal ?? undefined }));
    });
  }

  /** Undefined when the command could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get exit(): AgentExit | undefined {
    return this.#exit;
  }

  /** Its file descriptor 4, when it was started with one. */
  get feed(): Writable | undefined {
    return (this.#child.stdio[4] as Writable | null | undefined) ?? undefined;
  }

  /** The last lines of its output. */
  get logTail(): readonly string[] {
    return this.#tail;
  }

  /** Ends it at once, as a crash would. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  /** Lets it end by itself for `graceMs`, then SIGTERM, after `termMs` more SIGKILL, each to the whole group. Idempotent. */
  stop(graceMs: number, termMs: number): Promise<void> {
    return (this.#stopping ??= this.#stop(graceMs, termMs));
  }

  async #stop(graceMs: number, termMs: number): Promise<void> {
    if (await this.#gone(graceMs)) return;
    this.#signal('SIGTERM');
    if (await this.#gone(termMs)) return;
    this.#signal('SIGKILL');
    await this.exited;
  }

  async #gone(withinMs: number): Promise<boolean> {
    if (this.#exit !== undefined) return true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), withinMs);
    });
    const gone = await Promise.race([this.exited.then(() => true), late]);
    clearTimeout(timer);
    return gone;
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      // ESRCH: nobody of the group is left, which is what was asked for.
      if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error;
    }
  }

  #capture(logFile: string): void {
    const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
    log.on('error', (error) => this.#note(`its log cannot be written: ${error.message}`));
    let written = 0;
    const line = (text: string): void => {
      this.#note(text);
      if (written >= MAX_LOG_BYTES) return;
      written += Buffer.byteLength(text) + 1;
      log.write(written < MAX_LOG_BYTES ? `${text}\n` : `(log cut at ${MAX_LOG_BYTES} bytes)\n`);
    };
    for (const stream of [this.#child.stdout, this.#child.stderr]) if (stream !== null) readLines(stream, MAX_LINE, line);
    this.#child.once('close', () => log.end());
    this.#child.once('error', () => log.end());
  }

  #note(text: string): void {
    this.#tail.push(text.slice(0, 500));
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
  }
}
