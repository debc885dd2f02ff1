import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure, messageOf } from './failure.js';
import type { TargetState } from './target.js';
import type { ProjectFile } from './templates.js';

export interface Written {
  /** Whether the folder is new, so that taking it back removes all of it. */
  readonly isNew: boolean;
  /** Removes a new project again; does nothing to a folder that was there before. */
  undo(): Promise<void>;
}

/**
 * Puts all files in place or none. They are written to a folder beside the target (inside it, when the target exists) and then moved,
 * so that a process killed half-way leaves no half project under the target's name.
 * Throws WRITE_FAILED when the disk refuses and CANCELLED when the signal fires; both leave things as they were.
 */
export async function writeProject(folder: string, state: TargetState, files: readonly ProjectFile[], signal: AbortSignal): Promise<Written> {
  const wanted = files.filter(({ path }) => !state.kept.includes(path));
  const stage = join(state.exists ? folder : dirname(folder), `.${basename(folder)}.tmp-${randomBytes(4).toString('hex')}`);
  let firstMade: string | undefined;
  try {
    firstMade = await mkdir(dirname(stage), { recursive: true });
    for (const file of wanted) {
      if (signal.aborted) throw new Failure('CANCELLED', 'cancelled; nothing was written');
      await writeInto(stage, file);
    }
    if (state.exists) await moveEach(stage, folder, wanted, new Set(state.conflicts));
    else await rename(stage, folder);
  } catch (error) {
    await rm(stage, { recursive: true, force: true });
    await removeEmpty(dirname(folder), firstMade);
    if (error instanceof Failure) throw error;
    throw new Failure(
      'WRITE_FAILED',
      `could not write ${folder}: ${messageOf(error)}`,
      'Check the permissions and the free space there; nothing was left behind.',
      { cause: error },
    );
  }
  return {
    isNew: !state.exists,
    async undo() {
      if (state.exists) return;
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      await removeEmpty(dirname(folder), firstMade);
    },
  };
}

async function writeInto(stage: string, file: ProjectFile): Promise<void> {
  const path = join(stage, file.path);
  await mkdir(dirname(path), { recursive: true });
  const isProgram = file.content.subarray(0, 2).toString('latin1') === '#!';
  await writeFile(path, file.content, { flag: 'wx', mode: isProgram ? 0o755 : 0o644 });
}

/** Moves file by file into a folder that is in use, keeping what is overwritten aside until all have arrived. */
async function moveEach(stage: string, folder: string, files: readonly ProjectFile[], conflicts: ReadonlySet<string>): Promise<void> {
  const backup = join(stage, '.before');
  const moved: string[] = [];
  const aside: string[] = [];
  const madeFolders: string[] = [];
  try {
    for (const { path } of files) {
      const made = await mkdir(dirname(join(folder, path)), { recursive: true });
      if (made !== undefined) madeFolders.push(made);
      if (conflicts.has(path)) {
        await mkdir(dirname(join(backup, path)), { recursive: true });
        await rename(join(folder, path), join(backup, path));
        aside.push(path);
      }
      await rename(join(stage, path), join(folder, path));
      moved.push(path);
    }
  } catch (error) {
    for (const path of moved) await rm(join(folder, path), { force: true });
    for (const path of aside) await rename(join(backup, path), join(folder, path));
    for (const made of madeFolders.toReversed()) await rm(made, { recursive: true, force: true });
    throw error;
  }
  await rm(stage, { recursive: true, force: true });
}

/** Removes the parents this run made, from the innermost outwards, as long as nothing else has moved in. */
async function removeEmpty(from: string, firstMade: string | undefined): Promise<void> {
  if (firstMade === undefined) return;
  for (let folder = from; folder.length >= firstMade.length; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch {
      return;
    }
  }
}
