import { lstatSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { Failure } from './failure.js';
import { shellWord } from './package-manager.js';

/** Entries of a folder that a new project can live beside; ours give way to them. */
const HARMLESS = new Set(['.git', 'LICENSE', '.gitignore', '.idea', '.vscode', '.DS_Store', 'Thumbs.db']);

export interface Target {
  /** Absolute. */
  readonly folder: string;
  /** As it is shown and typed: relative to where the command runs. */
  readonly shown: string;
  /** The package name the folder suggests. */
  readonly defaultName: string;
}

/** Reads the folder argument; `@scope/x` means folder `x` and package `@scope/x`. */
export function readTarget(argument: string, cwd: string): Target {
  const scoped = /^@[^/\\]+\/([^/\\]+)$/.exec(argument);
  const typed = scoped?.[1] ?? argument;
  if (/\p{Cc}/u.test(typed)) throw new Failure('INVALID_NAME', 'the folder name holds control characters', 'Choose another folder.');
  const folder = resolve(cwd, typed);
  const near = relative(cwd, folder) || '.';
  const shown = near.startsWith('..') && folder.length < near.length ? folder : near;
  return { folder, shown, defaultName: scoped === null ? basename(folder) : argument };
}

/** The command that enters the folder, or undefined when the user is in it already. */
export function enterCommand(target: Target): string | undefined {
  return target.shown === '.' ? undefined : `cd ${shellWord(target.shown)}`;
}

export interface TargetState {
  readonly exists: boolean;
  /** Planned files that stay as the user has them. */
  readonly kept: readonly string[];
  /** Planned files that are already there and would be written over. */
  readonly conflicts: readonly string[];
  /** Other entries of the folder; never touched. */
  readonly others: readonly string[];
}

/** Looks at the folder without touching it. Throws NOT_A_DIRECTORY when a file is in the way. */
export function inspectTarget(folder: string, planned: readonly string[]): TargetState {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) {
    if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined)
      throw new Failure('NOT_A_DIRECTORY', `${folder} is a broken link`, 'Remove it or choose another folder.');
    return { exists: false, kept: [], conflicts: [], others: [] };
  }
  if (!stats.isDirectory()) throw new Failure('NOT_A_DIRECTORY', `${folder} exists and is a file`, 'Choose another folder.');

  const kept: string[] = [];
  const conflicts: string[] = [];
  for (const path of planned) {
    refuseLinkedParents(folder, path);
    const entry = lstatSync(join(folder, path), { throwIfNoEntry: false });
    if (entry === undefined) continue;
    if (entry.isDirectory()) throw new Failure('DIRECTORY_NOT_EMPTY', `${join(folder, path)} is a folder where a file must go`, 'Choose another folder.');
    (HARMLESS.has(path.split('/')[0] ?? path) ? kept : conflicts).push(path);
  }
  const tops = new Set(conflicts.map((path) => path.split('/')[0]));
  const others = readdirSync(folder).filter((name) => !HARMLESS.has(name) && !tops.has(name));
  return { exists: true, kept, conflicts, others };
}

/** Refuses a folder in use unless forced; says every file that stands in the way. */
export function refuseOccupied(target: Target, state: TargetState, force: boolean): void {
  if (force || state.conflicts.length + state.others.length === 0) return;
  const lines = [
    ...state.conflicts.map((path) => `  ${path} (would be overwritten)`),
    ...state.others.map((name) => `  ${name} (would stay)`),
    'Choose another folder, or add --force to write over the first kind and leave the rest alone.',
  ];
  throw new Failure('DIRECTORY_NOT_EMPTY', `${target.shown} is not empty; nothing was written`, lines.join('\n'));
}

function refuseLinkedParents(folder: string, path: string): void {
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    const entry = lstatSync(join(folder, parent), { throwIfNoEntry: false });
    if (entry !== undefined && !entry.isDirectory()) {
      throw new Failure(
        'NOT_A_DIRECTORY',
        `${join(folder, parent)} is not a plain folder`,
        'Writing through it could change files elsewhere. Choose another folder.',
      );
    }
  }
}
