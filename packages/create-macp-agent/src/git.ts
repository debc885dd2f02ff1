import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { runCommand, type CommandResult } from './run-command.js';

const TIMEOUT_MS = 20_000;

export type GitOutcome =
  | { readonly state: 'committed' | 'off' }
  /** `note` is one line for the user. */
  | { readonly state: 'initialised' | 'skipped'; readonly note: string };

/**
 * Makes a repository on `main` with one commit. Inside another repository it makes none; without an identity it leaves the commit to
 * the user; nothing here fails the scaffolding.
 */
export async function initialiseGit(folder: string, message: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<GitOutcome> {
  const git = (...args: string[]): Promise<CommandResult> =>
    runCommand('git', args, { cwd: folder, env: withoutRepository(env), signal, timeoutMs: TIMEOUT_MS, output: 'collect' });

  const inside = await git('rev-parse', '--is-inside-work-tree');
  if (inside.exitCode === undefined) return { state: 'skipped', note: 'git was not found; no repository was made' };
  if (inside.exitCode === 0) return { state: 'skipped', note: 'already inside a git repository; no new one was made' };

  // `init -b` needs git 2.28; pointing HEAD works everywhere.
  for (const args of [
    ['init', '--quiet'],
    ['symbolic-ref', 'HEAD', 'refs/heads/main'],
  ]) {
    const step = await git(...args);
    if (step.exitCode !== 0) return { state: 'skipped', note: `git ${args[0]} failed: ${firstLine(step.output)}` };
  }
  for (const role of ['GIT_AUTHOR_IDENT', 'GIT_COMMITTER_IDENT']) {
    const identity = await git('-c', 'user.useConfigOnly=true', 'var', role);
    if (identity.exitCode !== 0) return { state: 'initialised', note: 'git does not know your name and email yet; the first commit is left to you' };
  }
  const staged = await git('add', '--all');
  // Hooks and signing of the user's other projects must not stop, or wait for a passphrase in, a first commit.
  const committed = staged.exitCode === 0 ? await git('-c', 'commit.gpgSign=false', 'commit', '--quiet', '--no-verify', '--message', message) : staged;
  if (committed.exitCode !== 0) return { state: 'initialised', note: `the first commit failed: ${firstLine(committed.output)}` };
  return { state: 'committed' };
}

/** Whether a repository will be made here, for the plan; looks for `.git` upwards without running anything. */
export function isInsideRepository(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(`${at}/.git`)) return true;
    if (dirname(at) === at) return false;
  }
}

/** A hook of another repository may have started us; its GIT_DIR must not become ours. */
function withoutRepository(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const repository = new Set(['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_OBJECT_DIRECTORY', 'GIT_COMMON_DIR', 'GIT_PREFIX']);
  return { ...Object.fromEntries(Object.entries(env).filter(([name]) => !repository.has(name))), GIT_TERMINAL_PROMPT: '0' };
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
