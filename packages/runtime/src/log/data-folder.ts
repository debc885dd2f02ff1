import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { lockFolder, type FolderLock, type FolderLockOptions } from '@macp-agent/protocol/folder-lock';

const FORMAT = { format: 'macp-agent-session-log', version: 1 };
const FORMAT_FILE = 'macp-log.json';
const FOREIGN_FILE = 'storage_version.json';
const SEGMENT_NAME = /^(\d{8})\.seg$/;

/** A data folder that this process has to itself. */
export interface DataFolder {
  readonly path: string;
  /** Whether another process has taken it meanwhile. */
  isLost(): boolean;
  /** Numbers of the segments there, in order. */
  segments(): Promise<number[]>;
  segmentPath(number: number): string;
  /** Makes names that were created, renamed or removed durable. */
  sync(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes a data folder for one runtime; rejects with INVALID_OPTIONS when it cannot be used, belongs to the reference
 * runtime, is of a later format, or is in use, and with ABORTED when the signal fires.
 */
export async function takeDataFolder(path: string, options: FolderLockOptions = {}): Promise<DataFolder> {
  let lock: FolderLock;
  const refuse = (problem: string, cause?: unknown): MacpError =>
    new MacpError('INVALID_OPTIONS', `the data folder ${path} ${problem}`, { cause, context: { path } });
  try {
    await mkdir(path, { recursive: true });
    if ((await readOptional(join(path, FOREIGN_FILE))) !== undefined) throw refuse('belongs to the reference runtime; choose another one');
    lock = await lockFolder(path, options);
    try {
      await checkFormat(join(path, FORMAT_FILE), refuse);
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw error instanceof MacpError ? error : refuse(`cannot be used: ${(error as Error).message}`, error);
  }
  return {
    path,
    isLost: () => lock.isLost,
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
    release: () => lock.release(),
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

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
