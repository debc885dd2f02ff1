import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPackageCopy, type PackageCopy } from './test-support/package-copy.js';
import { manifestOf, run } from './test-support/run.js';

let copy: PackageCopy;
beforeAll(async () => {
  copy = await createPackageCopy();
});
afterAll(() => copy.remove());

const create: PackageCopy['create'] = (...args) => copy.create(...args);

describe('5. typos', () => {
  it.each([
    [['app', '--templte', 'node'], 'did you mean --template?'],
    [['app', '-t', 'langrgaph'], 'did you mean --template langgraph?'],
    [['app', '--role', 'evalutor'], 'did you mean --role evaluator?'],
    [['app', '--pm', 'pnmp'], 'did you mean --pm pnpm?'],
    [['app', '--template'], '--template: it needs a value'],
    [['app', '--yes=false'], '--yes=false: it takes no value'],
    [['app', 'other'], 'other: one folder at a time'],
  ])('refuses %j with a suggestion', async (args, said) => {
    const { code, stderr, cwd } = await create(args);
    expect(code).toBe(2);
    expect(stderr).toContain(said);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('all that is wrong with a line', () => {
  const line = ['../Bad Name', '--role', 'boss', '--template', 'nope', '--pm', 'pnmp', '--yess'];

  it('is said at once, each with its rule, what is allowed, what was meant and an example', async () => {
    const { code, stdout, stderr, cwd } = await create(line);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(`error: 5 problems; nothing was written
--yess: unknown option
  did you mean --yes?
  example: --yes
"../Bad Name": its last part cannot be a package name: it holds capital letters; it holds characters that need escaping in a URL (spaces, @, /, …)
  did you mean bad-name?
  example: bad-name, or keep the folder and add --name bad-name
--template nope: there is no such template
  one of: node, langgraph, langchain
  did you mean --template node?
  example: --template node
--role boss: there is no such role
  one of: both, initiator, evaluator
  example: --role initiator
--pm pnmp: there is no such package manager
  one of: npm, pnpm, yarn, bun
  did you mean --pm pnpm?
  example: --pm pnpm
`);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('comes as a list with --json', async () => {
    const { code, stdout } = await create(['app', '--role', 'boss', '--name', 'bad/name', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      code: 'USAGE',
      problems: [
        { code: 'USAGE', argument: '--role boss', allowed: ['both', 'initiator', 'evaluator'] },
        { code: 'INVALID_NAME', argument: '--name bad/name', didYouMean: '--name bad-name' },
      ],
    });
  });
});

describe('6. the missing --', () => {
  it('takes options npm kept for itself from there', async () => {
    const { code, stderr, cwd } = await create(['app', 'langgraph', '--no-install'], { env: { npm_config_template: 'true', npm_config_git: 'false' } });
    expect(code).toBe(0);
    expect(manifestOf(join(cwd, 'app')).macp['template']).toBe('langgraph');
    expect(existsSync(join(cwd, 'app/.git'))).toBe(false);
    expect(stderr).toMatch(/npm kept --template, --no-git for itself/);
  });

  it('stops when the value is not certain', async () => {
    const { code, cwd } = await create(['app', 'langrgaph'], { env: { npm_config_template: 'true' } });
    expect(code).toBe(2);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('works through npm itself', async () => {
    const cwd = await copy.workFolder();
    // `npm exec` parses options exactly as `npm create` does, and takes a folder.
    const result = await run('npm', ['exec', '--yes', '--offline', copy.folder, 'app', '--template', 'langgraph', '--no-install'], { cwd, env: copy.env });
    expect(result).toMatchObject({ code: 0 });
    expect(manifestOf(join(cwd, 'app')).macp['template']).toBe('langgraph');
  });
});

describe('8. names', () => {
  it('says each rule a name breaks and suggests one that holds', async () => {
    const { code, stderr } = await create(['My Bad@@Name!!']);
    expect(code).toBe(2);
    for (const rule of ['capital letters', "~ ' ! ( ) *", 'escaping in a URL', 'my-bad-name']) expect(stderr).toContain(rule);
  });

  it('quotes a folder with spaces', async () => {
    const { code, stdout, cwd } = await create(['dir with space', '--name', 'ok']);
    expect(code).toBe(0);
    expect(stdout).toContain('cd "dir with space"');
    expect(manifestOf(join(cwd, 'dir with space')).name).toBe('ok');
  });

  it('puts @scope/x into folder x', async () => {
    const { code, stdout, cwd } = await create(['@scope/x', '-y']);
    expect(code).toBe(0);
    expect(manifestOf(join(cwd, 'x')).name).toBe('@scope/x');
    expect(stdout).toContain('@scope/x -- --template node --yes');
  });

  it.each(['http', 'node_modules', 'a'.repeat(215), '.hidden', '_x'])('refuses %s', async (name) => {
    expect((await create([name, '-y'])).code).toBe(2);
  });

  it('scaffolds into the current folder', async () => {
    const parent = await copy.workFolder();
    mkdirSync(join(parent, 'here'));
    const { code, stdout } = await create(['.', '-y'], { cwd: join(parent, 'here') });
    expect(code).toBe(0);
    expect(stdout).not.toContain('cd ');
    expect(manifestOf(join(parent, 'here')).name).toBe('here');
  });
});
