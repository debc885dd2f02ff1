import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MacpError } from '@macp-agent/protocol';

/** A folder that only this process writes to. */
export interface DirectoryLock {
  release(): Promise<void>;
}

/** Takes the folder, or throws MacpError INVALID_OPTIONS when another living process has it. */
export async function lockDirectory(dir: string): Promise<DirectoryLock> {
  const path = join(dir, 'lock');
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      await writeFile(path, `${process.pid} ${await startOf(process.pid)}\n`, { flag: 'wx', mode: 0o600 });
      return { release: () => rm(path, { force: true }) };
    } catch (error) {
      if (!isExisting(error)) throw error;
      const [pid, started = ''] = (await readOwner(path)).trim().split(' ');
      const owner = Number(pid);
      if (isAlive(owner) && (await startOf(owner)).startsWith(started)) {
        throw new MacpError('INVALID_OPTIONS', `the data folder ${dir} is in use by process ${owner}; stop it, or give another folder`, {
          context: { path: dir },
        });
      }
      await rm(path, { force: true });
    }
  }
  throw new MacpError('INVALID_OPTIONS', `the data folder ${dir} could not be locked; another process keeps taking it`, { context: { path: dir } });
}

async function readOwner(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    // Released between the two calls: the next attempt takes it.
    return '';
  }
}

/**
 * When a process began, as Linux counts it: a number that was given away again has another one, and a killed process that nobody
 * has collected yet none. Empty where that cannot be read, as on other systems.
 */
async function startOf(pid: number): Promise<string> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // No such file system, or gone between the two calls: the number alone decides.
    return '';
  }
  // The name in the second field may hold blanks and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? 'gone' : (fields[19] ?? '');
}

/** A lock with our own number is of an earlier life: containers start with the same number each time. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
