import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { run, type RunResult } from './run.js';

const packageFolder = fileURLToPath(new URL('../..', import.meta.url));

/** A built copy of this package as npm would unpack it, made from the sources under test, and a place to scaffold in. */
export interface PackageCopy {
  readonly folder: string;
  /** The committed command. */
  readonly bin: string;
  /** A clean environment with a home and a git identity of its own. */
  readonly env: NodeJS.ProcessEnv;
  /** A new empty folder. */
  workFolder(): Promise<string>;
  /** The command in a pipe, in a fresh folder unless one is given. */
  create(args: readonly string[], extra?: Extra): Promise<RunResult & { cwd: string }>;
  remove(): Promise<void>;
}

interface Extra {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export async function createPackageCopy(): Promise<PackageCopy> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'create-macp-agent-')));
  const folder = join(root, 'package');
  await promisify(execFile)(process.execPath, [join(packageFolder, 'build.mjs'), '--out', folder]);
  const gitConfig = join(root, 'gitconfig');
  await writeFile(gitConfig, '[user]\n\tname = Tester\n\temail = tester@example.com\n');
  const home = await mkdtemp(join(root, 'home-'));
  const bin = join(folder, 'bin/create-macp-agent.js');
  const env = { PATH: process.env['PATH'], HOME: home, LANG: 'C.UTF-8', TERM: 'xterm', GIT_CONFIG_GLOBAL: gitConfig, GIT_CONFIG_SYSTEM: '/dev/null' };
  const workFolder = (): Promise<string> => mkdtemp(join(root, 'work-'));
  return {
    folder,
    bin,
    env,
    workFolder,
    async create(args, extra = {}) {
      const cwd = extra.cwd ?? (await workFolder());
      return { ...(await run(process.execPath, [bin, ...args], { cwd, env: { ...env, ...extra.env } })), cwd };
    },
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}
