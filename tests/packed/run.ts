import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface RunResult {
  readonly code: number;
  /** Both streams as they came. */
  readonly output: string;
  readonly durationMs: number;
}

const TIMEOUT_MS = 180_000;

/** Runs a line as a user types it and waits for its end. */
export async function run(line: string, options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<RunResult> {
  const started = performance.now();
  const child = spawn('sh', ['-c', line], { ...options, stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS, killSignal: 'SIGKILL' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const durationMs = performance.now() - started;
  if (code === null) throw new Error(`${line} was stopped after ${Math.round(durationMs / 1000)} s:\n${output}`);
  return { code, output, durationMs };
}

/** The environment of someone new: an empty home and cache, the local registry, a git identity, nothing of ours on the PATH. */
export async function cleanEnvironment(root: string, registry: string): Promise<NodeJS.ProcessEnv> {
  const home = await mkdtemp(join(root, 'home-'));
  // npm publishes only with some token; this registry takes any.
  await writeFile(
    join(home, '.npmrc'),
    `registry=${registry}/\n//${new URL(registry).host}/:_authToken=local\nupdate-notifier=false\nfund=false\naudit=false\n`,
  );
  await writeFile(join(home, '.gitconfig'), '[user]\n\tname = Tester\n\temail = tester@example.com\n');
  // pnpm puts the binaries of this workspace on the PATH; npx's own folder stays, as it may be where pnpm itself is.
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !/[/\\]node_modules[/\\]\.bin$/.test(folder) || /[/\\]_npx[/\\]/.test(folder));
  return {
    PATH: path.join(delimiter),
    HOME: home,
    LANG: 'C.UTF-8',
    XDG_CACHE_HOME: join(home, '.cache'),
    YARN_REGISTRY: registry,
    BUN_CONFIG_REGISTRY: registry,
  };
}
