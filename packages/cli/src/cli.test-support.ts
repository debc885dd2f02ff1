import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Auth, MacpClient, newSessionId } from '@macp-agent/core';
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

/** An identity as a runtime's token map has it. */
export interface TokenEntry {
  readonly token: string;
  readonly sender: string;
  readonly [name: string]: unknown;
}

/** The runtime's token map in a folder. */
export const runtimeMapIn = (cwd: string): TokenEntry[] => (JSON.parse(readFileSync(join(cwd, 'macp-tokens.json'), 'utf8')) as { tokens: TokenEntry[] }).tokens;

/** What a runtime says to a token that asks for a session which does not exist: SESSION_NOT_FOUND when it knows the token. */
export async function codeAt(address: string, token: string): Promise<string> {
  const client = new MacpClient({ address, secure: false, auth: Auth.bearer(token) });
  try {
    return await client.getSession(newSessionId()).then(
      () => 'found',
      (error: { readonly code: string }) => error.code,
    );
  } finally {
    client.close();
  }
}
