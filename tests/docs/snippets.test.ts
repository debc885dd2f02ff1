import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { documents, read, root } from './documents.js';

it('documents show the code as it is', async () => {
  const { stderr } = await promisify(execFile)(process.execPath, ['scripts/sync-snippets.mjs', '--check'], { cwd: root });
  expect(stderr).toBe('');
});

it('every region of a tested guide is shown', () => {
  const shown = documents.map(read).join('\n');
  const regions = readdirSync(`${root}tests/guides`).flatMap((name) =>
    [...read(`tests/guides/${name}`).matchAll(/\/\/ #region (\S+)/g)].map(([, region]) => `<!-- snippet tests/guides/${name}#${region} -->`),
  );
  expect(regions.length).toBeGreaterThan(3);
  expect(regions.filter((mark) => !shown.includes(mark))).toEqual([]);
});
