import { runCli } from './cli.js';
import type { TextStream } from './output.js';

/** What a command printed and how it ended. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface CliSetting {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly columns?: number;
  /** Called for each piece of text as it is printed. */
  readonly onOutput?: (text: string) => void;
}

/** Runs a command line in this process. */
export async function macp(argv: readonly string[], { cwd, env = {}, signal, columns, onOutput }: CliSetting): Promise<CliRun> {
  const never = new AbortController().signal;
  const stdout = sink(columns, onOutput);
  const stderr = sink(undefined, onOutput);
  const code = await runCli(argv, { stdout, stderr, env: { PATH: process.env['PATH'], ...env }, cwd, signal: signal ?? never, forceSignal: never });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

function sink(columns: number | undefined, onOutput: ((text: string) => void) | undefined): TextStream & { text: string } {
  return {
    text: '',
    ...(columns === undefined ? {} : { isTTY: true, columns, rows: 24 }),
    write(text: string) {
      this.text += text;
      onOutput?.(text);
    },
  };
}
