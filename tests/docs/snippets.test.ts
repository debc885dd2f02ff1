import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root } from './documents.js';

it('documents show the code as it is', async () => {
  const { stderr } = await promisify(execFile)(process.execPath, ['scripts/sync-snippets.mjs', '--check'], { cwd: root });
  expect(stderr).toBe('');
});
