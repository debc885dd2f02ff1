import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inspectTarget } from './target.js';
import type { ProjectFile } from './templates.js';
import { writeProject, type Written } from './write.js';

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'create-macp-agent-write-'));
  folder = join(root, 'deep/er/app');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const files: ProjectFile[] = [
  { path: 'a.txt', content: Buffer.from('new') },
  { path: 'sub/run.mjs', content: Buffer.from('#!/usr/bin/env node\n') },
  { path: 'z.txt', content: Buffer.from('new') },
];

function write(planned: readonly ProjectFile[] = files, signal: AbortSignal = new AbortController().signal): Promise<Written> {
  const state = inspectTarget(
    folder,
    planned.map(({ path }) => path),
  );
  return writeProject(folder, state, planned, signal);
}

/** A file whose reading interrupts the copy. */
const trap = (path: string, spring: () => void): ProjectFile => ({
  path,
  get content() {
    spring();
    return Buffer.from('late');
  },
});

describe('writeProject', () => {
  it('makes the folder and its parents, programs executable, and takes all back again', async () => {
    const written = await write();
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('new');
    expect(statSync(join(folder, 'sub/run.mjs')).mode & 0o111).not.toBe(0);
    expect(statSync(join(folder, 'a.txt')).mode & 0o111).toBe(0);
    await written.undo();
    expect(readdirSync(root)).toEqual([]);
  });

  it('leaves nothing when a file cannot be written', async () => {
    const broken = trap('b.txt', () => {
      throw new Error('disk full');
    });
    await expect(write([...files, broken])).rejects.toMatchObject({ code: 'WRITE_FAILED', message: expect.stringContaining('disk full') });
    expect(readdirSync(root)).toEqual([]);
  });

  it('leaves nothing when it is cancelled half-way', async () => {
    const cancel = new AbortController();
    await expect(write([files[0] as ProjectFile, trap('b.txt', () => cancel.abort()), files[2] as ProjectFile], cancel.signal)).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(readdirSync(root)).toEqual([]);
  });

  it('puts everything back when a file cannot be moved into a folder in use', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'a.txt'), 'mine');
    const state = inspectTarget(folder, ['a.txt', 'sub/run.mjs', 'z.txt']);
    // Appears between the look and the move.
    mkdirSync(join(folder, 'z.txt/inside'), { recursive: true });
    await expect(writeProject(folder, state, files, new AbortController().signal)).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('mine');
    expect(existsSync(join(folder, 'sub'))).toBe(false);
    expect(readdirSync(folder).toSorted()).toEqual(['a.txt', 'z.txt']);
  });
});
