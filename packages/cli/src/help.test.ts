import { describe, expect, it } from 'vitest';
import { macp } from './cli.test-support.js';

/** Help by command line, of every command that does something itself. */
async function leaves(words: readonly string[]): Promise<[string, string][]> {
  const { code, stdout } = await macp([...words, '--help'], { cwd: process.cwd() });
  expect([words, code]).toEqual([words, 0]);
  const list = stdout.split('\nCommands:\n')[1]?.split('\n\n')[0] ?? '';
  const names = [...list.matchAll(/^ {2}(\S+)/gm)].flatMap(([, name = '']) => (name === 'help' ? [] : [name]));
  if (names.length === 0) return [[words.join(' '), stdout]];
  return (await Promise.all(names.map((name) => leaves([...words, name])))).flat();
}

const pages = await leaves([]);

describe.each(pages)('macp %s --help', (_name, text) => {
  it('shows an example', () => expect(text).toMatch(/^Examples?:\n {2}\S/m));

  it('says what --json prints, where there is one', () => {
    const option = /^ +--json .*$/m.exec(text)?.[0] ?? '{';
    // In the line of the option itself, or below.
    const said = option.includes('{') || text.replace(option, '').includes('--json');
    expect(said).toBe(true);
  });

  it('fits 80 columns, apart from examples to be copied', () => {
    const wide = text.split('\n').filter((line) => line.length > 80 && !line.startsWith('  macp '));
    expect(wide).toEqual([]);
  });
});

it('suggests the command or option that was meant', async () => {
  expect(await macp(['sesions'], { cwd: process.cwd() })).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean sessions?') as string });
  expect(await macp(['runs', 'list', '--limt', '3'], { cwd: process.cwd() })).toMatchObject({ code: 2, stderr: expect.stringContaining('--limit') as string });
});
