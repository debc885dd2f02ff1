import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('../scripts/fraud-repeat.mjs', import.meta.url));

it.each([
  [['--help'], 0, /^Usage: npx pnpm fraud:repeat/, /^$/],
  [['abc'], 2, /^$/, /^fraud:repeat: abc is not a whole number from 1 to 999999, for example npx pnpm fraud:repeat 20\n\nUsage/],
  [['0'], 2, /^$/, /0 is not a whole number/],
  [['2', '3'], 2, /^$/, /one word too many: 3/],
  [['--frsh'], 2, /^$/, /--frsh is not/],
])('pnpm fraud:repeat %j answers without starting a run', (args, status, stdout, stderr) => {
  // Without a PATH it could neither build nor run anything.
  const done = spawnSync(process.execPath, [script, ...args], { env: { PATH: '' }, encoding: 'utf8', timeout: 20_000 });
  expect({ status: done.status, stdout: done.stdout, stderr: done.stderr }).toEqual({
    status,
    stdout: expect.stringMatching(stdout) as string,
    stderr: expect.stringMatching(stderr) as string,
  });
});
