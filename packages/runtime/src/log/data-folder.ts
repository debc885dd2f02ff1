import { link, mkdir, open, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MacpError } from '@macp-agent/protocol';

const FORMAT = { format: 'macp-agent-session-log', version: 1 };
const FORMAT_FILE = 'macp-log.json';
const FOREIGN_FILE = 'storage_version.json';
const LOCK_FILE = 'lock';
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);
const SEGMENT_NAME = /^(\d{8})\.seg$/;

/** A data folder that this process has to itself. */
export interface DataFolder {
  readonly path: string;
  /** Numbers of the segments there, in order. */
  segments(): Promise<number[]>;
  segmentPath(number: number): string;
  /** Makes names that were created, renamed or removed durable. */
  sync(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes a data folder for one runtime; rejects with INVALID_OPTIONS when it cannot be used, belongs to the reference
 * runtime, is of a later format, or is in use.
 */
export async function takeDataFolder(path: string): Promise<DataFolder> {
  const refuse = (problem: string, cause?: unknown): MacpError =>
    new MacpError('INVALID_OPTIONS', `the data folder ${path} ${problem}`, { cause, context: { path } });
  try {
    await mkdir(path, { recursive: true });
    if ((await readOptional(join(path, FOREIGN_FILE))) !== undefined) throw refuse('belongs to the reference runtime; choose another one');
    await takeLock(join(path, LOCK_FILE), refuse);
    try {
      await checkFormat(join(path, FORMAT_FILE), refuse);
    } catch (error) {
      await unlink(join(path, LOCK_FILE));
      throw error;
    }
  } catch (error) {
    throw error instanceof MacpError ? error : refuse(`cannot be used: ${(error as Error).message}`, error);
  }
  let released: Promise<void> | undefined;
  return {
    path,
    async segments() {
      const names = await readdir(path);
      return names
        .flatMap((name) => SEGMENT_NAME.exec(name)?.[1] ?? [])
        .map(Number)
        .toSorted((a, b) => a - b);
    },
    segmentPath: (number) => join(path, `${String(number).padStart(8, '0')}.seg`),
    async sync() {
      const handle = await open(path, 'r');
      await handle.sync().finally(() => handle.close());
    },
    release: () => (released ??= unlink(join(path, LOCK_FILE))),
  };
}

type Refuse = (problem: string, cause?: unknown) => MacpError;

async function checkFormat(file: string, refuse: Refuse): Promise<void> {
  const text = await readOptional(file);
  if (text === undefined) {
    await writeWhole(file, `${JSON.stringify(FORMAT)}\n`);
    return;
  }
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw refuse(`has an unreadable ${FORMAT_FILE}`, error);
  }
  const { format, version } = (found ?? {}) as Partial<typeof FORMAT>;
  if (format !== FORMAT.format || version !== FORMAT.version)
    throw refuse(`is of another format (${FORMAT_FILE}); this version reads version ${FORMAT.version}`);
}

/** A file that is there whole or not at all, whenever the process is killed. */
async function writeWhole(file: string, text: string): Promise<void> {
  const next = `${file}.next`;
  const handle = await open(next, 'w');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, file);
}

/** The lock names the process and when it began, so that one left by a killed process is known for what it is. */
async function takeLock(file: string, refuse: Refuse): Promise<void> {
  const mine = `${file}.${process.pid}`;
  await writeFile(mine, JSON.stringify({ pid: process.pid, began: await beginOf(process.pid) }));
  try {
    for (;;) {
      try {
        await linkOrCopy(mine, file);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const pid = (await holderOf(file)) ?? (await removeStale(file));
      if (pid !== undefined) throw refuse(`is in use by process ${pid}; two runtimes never share one`);
    }
  } finally {
    await unlink(mine);
  }
}

/** A lock is there with its content or not at all, so that whoever finds one can tell whose it is; almost so where a file system has no links. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await writeFile(to, await readFile(from), { flag: 'wx' });
  }
}

/** Takes away a lock that nobody holds; answers who holds it if another process was quicker. */
async function removeStale(file: string): Promise<number | undefined> {
  const aside = `${file}.${process.pid}.stale`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const pid = await holderOf(aside);
  if (pid !== undefined) await linkOrCopy(aside, file);
  await unlink(aside);
  return pid;
}

/** The running process that a lock is of. */
async function holderOf(file: string): Promise<number | undefined> {
  const holder = await readHolder(file);
  return holder !== undefined && (await beginOf(holder.pid)) === holder.began ? holder.pid : undefined;
}

async function readHolder(file: string): Promise<{ pid: number; began: string } | undefined> {
  try {
    const { pid, began } = JSON.parse((await readOptional(file)) ?? '') as { pid: unknown; began: unknown };
    return typeof pid === 'number' && typeof began === 'string' ? { pid, began } : undefined;
  } catch {
    // Written by a process that was killed while it wrote: it holds nothing.
    return undefined;
  }
}

/** When a process began, as far as the system tells; empty for one that does not run. */
async function beginOf(pid: number): Promise<string> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return '';
  }
  const stat = await readOptional(`/proc/${pid}/stat`);
  // The name in parentheses may hold spaces; the start time is the twentieth field after it.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 'unknown';
}

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
