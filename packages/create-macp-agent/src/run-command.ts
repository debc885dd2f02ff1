import { spawn } from 'node:child_process';
import type { StdioOptions } from 'node:child_process';
import { messageOf } from './failure.js';

const KILL_AFTER_MS = 5_000;
const MAX_OUTPUT_CHARS = 20_000;

export interface CommandOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Stops the process, gently first; the result then says `aborted`. */
  readonly signal?: AbortSignal;
  /** Stops the process too; the result then says `timedOut`. */
  readonly timeoutMs: number;
  /** Where its output goes; "collect" hands it back, a descriptor passes it through as it comes. */
  readonly output: 'collect' | number;
}

export interface CommandResult {
  /** Undefined when it did not start or was killed. */
  readonly exitCode: number | undefined;
  /** Both streams, its last 20,000 characters; empty when passed through. */
  readonly output: string;
  readonly aborted: boolean;
  readonly timedOut: boolean;
}

/** Runs a command to its end without a shell's interpretation of its arguments. Never throws for what the command does. */
export async function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { signal, timeoutMs } = options;
  if (isAborted(signal)) return { exitCode: undefined, output: '', aborted: true, timedOut: false };
  const stdio: StdioOptions = options.output === 'collect' ? ['ignore', 'pipe', 'pipe'] : ['ignore', options.output, options.output];
  // On Windows the managers are .cmd files, which only a shell starts; the arguments are ours and need no quoting.
  const child = spawn(command, [...args], { cwd: options.cwd, env: options.env, stdio, shell: process.platform === 'win32' && command !== 'git' });

  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MAX_OUTPUT_CHARS);
    });
  }
  let timedOut = false;
  let force: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    force ??= setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  };
  const limit = setTimeout(() => {
    timedOut = true;
    stop();
  }, timeoutMs);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const exitCode = await new Promise<number | undefined>((resolve) => {
      child.once('error', (error) => {
        output += messageOf(error);
        resolve(undefined);
      });
      child.once('close', (code) => resolve(code ?? undefined));
    });
    return { exitCode, output, aborted: isAborted(signal), timedOut };
  } finally {
    clearTimeout(limit);
    clearTimeout(force);
    signal?.removeEventListener('abort', stop);
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted ?? false;
}
