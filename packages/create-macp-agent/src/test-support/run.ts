import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'vitest';

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** Runs a command without a terminal and with an empty standard input. */
export async function run(command: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv; timeoutMs?: number }): Promise<RunResult> {
  const started = performance.now();
  const child = spawn(command, [...args], { cwd: options.cwd, env: options.env, stdio: ['ignore', 'pipe', 'pipe'], timeout: options.timeoutMs ?? 60_000 });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, stdout, stderr, durationMs: performance.now() - started };
}

/** Skips the test by name where a tool is missing; under CI that is a failure, as the check would silently go. */
export function requireTool(context: TestContext, tool: string, ...probe: readonly string[]): void {
  const { status } = spawnSync(tool, probe, { stdio: 'ignore' });
  if (status === 0) return;
  if (process.env['CI'] === 'true') throw new Error(`${tool} is missing or not permitted; CI must have it`);
  context.skip(`${tool} is missing or not permitted`);
}

/** What the tests look at in a scaffolded package.json. */
export const manifestOf = (folder: string): { name: string; macp: Record<string, string>; scripts: Record<string, string> } =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as ReturnType<typeof manifestOf>;

/** Paths of all files below a folder, git's own left out. */
export function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !path.startsWith('.git/'))
    .toSorted();
}

/** One hash over names and contents of a tree. */
export function treeHash(folder: string): string {
  const hash = createHash('sha256');
  for (const path of listFiles(folder))
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(folder, path)))
      .update('\0');
  return hash.digest('hex');
}
