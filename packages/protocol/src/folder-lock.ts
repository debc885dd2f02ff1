import { link, readFile, readlink, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { MacpError } from './macp-error.js';

const LOCK_FILE = 'lock';
/** How often the holder touches its lock. */
const BEAT_MS = 1_000;
/** A lock of another container or machine that nobody touches for so long is one that a killed process has left. */
const SILENCE_MS = 6_000;
const LOOK_MS = 250;
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** A folder that only this process writes to. */
export interface FolderLock {
  /** Whether somebody else has taken it meanwhile, which only happens to a process that stood still for seconds. Nothing may be written then. */
  readonly isLost: boolean;
  /** Idempotent. */
  release(): Promise<void>;
}

/** What `lockFolder` takes. */
export interface FolderLockOptions {
  /** Gives up a wait with ABORTED. */
  readonly signal?: AbortSignal | undefined;
  /** Called before the wait of 6 s for a sign of life of a holder that cannot be looked up: one of another container or machine. */
  readonly onWait?: ((waitMs: number) => void) | undefined;
}

interface Holder {
  readonly pid: number;
  /** When that process began, as its system counts it: numbers are given away again. */
  readonly began: string;
  /** Where its number means something; absent in locks of earlier versions. */
  readonly space?: string;
}

/**
 * Takes an existing folder for this process; throws MacpError INVALID_OPTIONS when another one has it. A lock that was left by a killed
 * process is known for what it is: by its number on the same system, and where that says nothing (another container, another machine) by
 * its silence. Node.js only.
 */
export async function lockFolder(folder: string, options: FolderLockOptions = {}): Promise<FolderLock> {
  const file = join(folder, LOCK_FILE);
  const me: Holder = { pid: process.pid, began: await beginOf(process.pid), space: await spaceOf() };
  const text = JSON.stringify(me);
  const mine = `${file}.${process.pid}`;
  await writeFile(mine, text);
  try {
    for (;;) {
      if (await linkOrCopy(mine, file)) return new HeldLock(file, text);
      const holder = (await livingHolder(file, me, options)) ?? (await removeStale(file, me));
      if (holder === undefined) continue;
      const where = isElsewhere(holder, me) ? ' of another container or machine' : '';
      throw new MacpError('INVALID_OPTIONS', `the data folder ${folder} is in use by process ${holder.pid}${where}; stop it, or give another folder`, {
        context: { path: folder },
      });
    }
  } finally {
    await unlink(mine);
  }
}

class HeldLock implements FolderLock {
  readonly #file: string;
  readonly #text: string;
  readonly #timer: NodeJS.Timeout;
  #released: Promise<void> | undefined;
  #isLost = false;
  #missed = false;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    this.#timer = setInterval(() => void this.#beat(), BEAT_MS).unref();
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  release(): Promise<void> {
    clearInterval(this.#timer);
    return (this.#released ??= this.#remove());
  }

  async #remove(): Promise<void> {
    if ((await readOptional(this.#file)) === this.#text) await unlink(this.#file);
  }

  async #beat(): Promise<void> {
    try {
      const now = new Date();
      const found = await readOptional(this.#file);
      // Once may be somebody who looks whose it is, and puts it back.
      if (found === undefined ? this.#missed : found !== this.#text) this.#isLost = true;
      this.#missed = found === undefined;
      if (found === this.#text) await utimes(this.#file, now, now);
    } catch {
      // A file system that fails for a moment: whoever waits for a sign of life looks longer than once.
    }
  }
}

/** A lock is there with its content or not at all, so that whoever finds one can tell whose it is; almost so where a file system has no links. False when there is one already. */
async function linkOrCopy(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to).catch(async (error: unknown) => {
      if (!NO_LINKS.has(codeOf(error))) throw error;
      await writeFile(to, await readFile(from), { flag: 'wx' });
    });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Takes away a lock that nobody holds; answers who holds it if another process was quicker. */
async function removeStale(file: string, me: Holder): Promise<Holder | undefined> {
  const aside = `${file}.${process.pid}.stale`;
  const judged = await readOptional(file);
  try {
    await rename(file, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const taken = await readOptional(aside);
  const other = taken === judged ? undefined : parse(taken);
  const holder = other !== undefined && (isElsewhere(other, me) || (await isRunning(other))) ? other : undefined;
  if (holder !== undefined) await linkOrCopy(aside, file);
  await unlink(aside);
  return holder;
}

async function livingHolder(file: string, me: Holder, { signal, onWait }: FolderLockOptions): Promise<Holder | undefined> {
  const holder = parse(await readOptional(file));
  if (holder === undefined) return undefined;
  if (!isElsewhere(holder, me)) return (await isRunning(holder)) ? holder : undefined;
  const touched = await touchOf(file);
  onWait?.(SILENCE_MS);
  for (let waitedMs = 0; waitedMs < SILENCE_MS; waitedMs += LOOK_MS) {
    await pause(LOOK_MS, signal);
    const now = await touchOf(file);
    if (now !== touched) return now === undefined ? undefined : parse(await readOptional(file));
  }
  return undefined;
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    throw new MacpError('ABORTED', 'taking the data folder was given up by the caller', { cause: error });
  }
}

const isElsewhere = (holder: Holder, me: Holder): boolean => holder.space !== undefined && holder.space !== me.space;

const isRunning = async ({ pid, began }: Holder): Promise<boolean> => (await beginOf(pid)) === began;

/** When a process began, as far as the system tells; empty for one that does not run, or was killed and is not collected yet. */
async function beginOf(pid: number): Promise<string> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return '';
  }
  const text = await readOptional(`/proc/${pid}/stat`);
  if (text === undefined) return 'unknown';
  // The name in parentheses may hold spaces; its state follows, and the start time is the twentieth field after it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? 'unknown');
}

/** Names the system and the container that process numbers are of; the same everywhere where the system tells nothing. */
async function spaceOf(): Promise<string> {
  try {
    return `${(await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()} ${await readlink('/proc/self/ns/pid')}`;
  } catch {
    // No such files: not Linux.
    return '';
  }
}

function parse(text: string | undefined): Holder | undefined {
  try {
    const { pid, began, space } = JSON.parse(text ?? '') as { pid: unknown; began: unknown; space: unknown };
    if (typeof pid !== 'number' || typeof began !== 'string') return undefined;
    return { pid, began, ...(typeof space === 'string' && { space }) };
  } catch {
    // Written by a process that was killed while it wrote: it holds nothing.
    return undefined;
  }
}

async function touchOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).mtimeMs;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';
