import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { macp } from '../cli.test-support.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const complete = async (...words: readonly string[]): Promise<string[]> =>
  (await macp(['__complete', '--', ...words], { cwd: root })).stdout.split('\n').filter((line) => line !== '');

it('completes commands, those below them, options, scenarios and templates', async () => {
  expect(await complete('sc')).toEqual(['scenario']);
  expect(await complete('tokens', '')).toEqual(['check', 'list', 'prune', 'rotate']);
  expect(await complete('run', '--te')).toEqual(['--template']);
  expect(await complete('run', 'fraud/')).toEqual(['fraud/high-value-new-device@1.0.0']);
  expect(await complete('run', 'fraud/high-value-new-device@1.0.0', '--template', 's')).toEqual(['strict-risk', 'suspend-demo']);
  expect(await complete('test', '--reporter', '')).toEqual(['json', 'junit', 'text']);
  expect(await complete('nonsense', '')).toContain('run');
});

it('prints a script that bash takes', async () => {
  const { stdout } = await macp(['completion', 'bash'], { cwd: root });
  expect(execFileSync('bash', ['-c', `${stdout}\ncomplete -p macp`], { encoding: 'utf8' })).toContain('complete -o default -F _macp macp');
});

it.each(['zsh', 'fish'])('prints a script for %s', async (shell) => {
  expect((await macp(['completion', shell], { cwd: root })).stdout).toContain('macp __complete -- ');
});

it('names the shells when another one is asked for', async () => {
  expect(await macp(['completion', 'tcsh'], { cwd: root })).toMatchObject({ code: 2, stderr: expect.stringContaining('bash, zsh, fish') as string });
});
