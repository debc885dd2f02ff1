import { appendFileSync, chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPackageCopy, type PackageCopy } from './test-support/package-copy.js';
import { listFiles, run, treeHash, type RunResult } from './test-support/run.js';

let copy: PackageCopy;
/** The same package one version later: one template file and one script of it are others, one file is new, one is gone. */
let newer: string;
beforeAll(async () => {
  copy = await createPackageCopy();
  newer = await copy.workFolder();
  cpSync(copy.folder, newer, { recursive: true });
  edit(join(newer, 'package.json'), (text) => text.replace('"version": "0.1.0"', '"version": "0.2.0"'));
  const template = join(newer, 'dist/templates/node');
  edit(join(template, 'src/decide.ts'), (text) => text.replace('const AMOUNT_FOR_A_PERSON = 50_000', 'const AMOUNT_FOR_A_PERSON = 40_000'));
  edit(join(template, 'src/evaluator.ts'), (text) => `${text}// newer\n`);
  edit(join(template, 'package.json'), (text) =>
    text.replace('"@macp-agent/core": "^0.1.0"', '"@macp-agent/core": "^0.2.0"').replace('vitest run --dir test', 'vitest run --dir tests'),
  );
  writeFileSync(join(template, 'NEWS.md'), 'news\n');
  rmSync(join(template, '_dockerignore'));
});
afterAll(() => copy.remove());

const command = (cwd: string, ...args: string[]): Promise<RunResult> => run(process.execPath, [copy.bin, ...args], { cwd, env: copy.env });
const newerCommand = (cwd: string, ...args: string[]): Promise<RunResult> =>
  run(process.execPath, [join(newer, 'bin/create-macp-agent.js'), ...args], { cwd, env: copy.env });

function edit(path: string, change: (text: string) => string): void {
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`nothing to change in ${path}`);
  writeFileSync(path, after);
}

async function fresh(...options: string[]): Promise<string> {
  const cwd = await copy.workFolder();
  const { code, stderr } = await command(cwd, 'app', '-y', '--no-git', ...options);
  if (code !== 0) throw new Error(stderr);
  return join(cwd, 'app');
}

describe('upgrade', () => {
  it.each([[['upgrade']], [['--upgrade']]])('%j says that nothing differs in a fresh project', async (args) => {
    const app = await fresh('--role', 'evaluator', '--pm', 'pnpm');
    const before = treeHash(app);
    const { code, stdout } = await command(app, ...args);
    expect([code, stdout]).toEqual([0, expect.stringContaining('Everything is as this version writes it.')]);
    expect(treeHash(app)).toBe(before);
  });

  it('applies what the user has not changed and keeps what they have', async () => {
    const app = await fresh();
    appendFileSync(join(app, 'README.md'), 'mine\n');
    rmSync(join(app, 'AGENTS.md'));
    edit(join(app, 'package.json'), (text) => text.replace('"description":', '"author": "me",\n  "description":').replace('macp replay', 'macp replay --mine'));
    const { code, stdout } = await newerCommand(app, 'upgrade');
    expect(code).toBe(0);
    for (const line of [
      'updated   src/decide.ts',
      'updated   src/evaluator.ts',
      'added     NEWS.md',
      'removed   .dockerignore',
      'updated   package.json dependencies.@macp-agent/core',
      'yours     README.md',
      'yours     AGENTS.md',
      'yours     package.json scripts.replay',
    ])
      expect(stdout).toContain(`  ${line}\n`);
    expect(stdout).toContain('-const AMOUNT_FOR_A_PERSON = 50_000');
    expect(stdout).toContain('+const AMOUNT_FOR_A_PERSON = 40_000');
    expect(stdout).not.toContain('conflict');
    expect(readFileSync(join(app, 'src/evaluator.ts'), 'utf8')).toMatch(/\/\/ newer\n$/);
    expect(readFileSync(join(app, 'README.md'), 'utf8')).toMatch(/mine\n$/);
    expect([existsSync(join(app, 'NEWS.md')), existsSync(join(app, '.dockerignore')), existsSync(join(app, 'AGENTS.md'))]).toEqual([true, false, false]);
    expect(JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'))).toMatchObject({
      name: 'app',
      author: 'me',
      scripts: { replay: 'macp replay --mine', test: expect.stringContaining('--dir tests') },
      dependencies: { '@macp-agent/core': '^0.2.0' },
      macp: { version: '0.2.0' },
    });
    const after = treeHash(app);
    expect((await newerCommand(app, 'upgrade')).stdout).toContain('0 written');
    expect(treeHash(app)).toBe(after);
  });

  it('shows what both changed, and leaves it as the user has it', async () => {
    const app = await fresh();
    edit(join(app, 'src/decide.ts'), (text) => text.replace('AMOUNT_FOR_A_PERSON = 50_000', 'AMOUNT_FOR_A_PERSON = 10_000'));
    edit(join(app, 'package.json'), (text) => text.replace('vitest run --dir test', 'vitest run --mine --dir test'));
    const { code, stdout } = await newerCommand(app, 'upgrade');
    expect(code).toBe(0);
    expect(stdout).toMatch(/conflict +src\/decide\.ts\n[^]*-const AMOUNT_FOR_A_PERSON = 10_000;\n +\+const AMOUNT_FOR_A_PERSON = 40_000;/);
    expect(stdout).toMatch(/conflict +package\.json scripts\.test/);
    expect(readFileSync(join(app, 'src/decide.ts'), 'utf8')).toContain('AMOUNT_FOR_A_PERSON = 10_000');
    expect(readFileSync(join(app, 'package.json'), 'utf8')).toContain('vitest run --mine');
  });

  it('writes nothing with --plan', async () => {
    const app = await fresh();
    const before = treeHash(app);
    const { stdout } = await newerCommand(app, 'upgrade', '--plan', '--json');
    const { files } = JSON.parse(stdout) as { files: { path: string; change: string }[] };
    expect(files).toContainEqual(expect.objectContaining({ path: 'src/evaluator.ts', change: 'update' }));
    expect(treeHash(app)).toBe(before);
  });

  it('leaves a project whose packages came from a checkout to that checkout', async () => {
    const { app } = await vendored();
    const before = treeHash(app);
    const refused = await newerCommand(app, 'upgrade');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('npx pnpm create-agent upgrade')]);
    expect(treeHash(app)).toBe(before);
  });
});

describe('add', () => {
  async function theirs(): Promise<string> {
    const cwd = await copy.workFolder();
    writeFileSync(
      join(cwd, 'package.json'),
      JSON.stringify({ name: 'theirs', type: 'module', scripts: { test: 'mine' }, devDependencies: { typescript: '5.0.0' } }),
    );
    writeFileSync(join(cwd, 'tsconfig.json'), '{}');
    return cwd;
  }

  it('adds an agent that takes part in the next run, and changes nothing else', async () => {
    const app = await fresh();
    edit(join(app, 'scenario.yaml'), (text) => text.replace('default: 2400', 'default: 2500'));
    const before = readFileSync(join(app, 'scenario.yaml'), 'utf8');
    const { code, stdout } = await command(app, 'add', 'audit-agent');
    expect([code, stdout]).toEqual([0, expect.stringContaining('Added audit-agent to .')]);
    const scenario = readFileSync(join(app, 'scenario.yaml'), 'utf8');
    const added = ['    audit-agent: { entry: dist/audit-agent.js, framework: custom }', '      - { id: audit-agent, role: audit, agentRef: audit-agent }'];
    expect(scenario.split('\n').filter((line) => added.includes(line))).toEqual(added);
    expect(
      scenario
        .split('\n')
        .filter((line) => !added.includes(line))
        .join('\n'),
    ).toBe(before);

    symlinkSync(fileURLToPath(new URL('../../../templates/node/node_modules', import.meta.url)), join(app, 'node_modules'));
    const tool = (name: string, ...args: string[]): Promise<RunResult> => run(join(app, 'node_modules/.bin', name), args, { cwd: app, env: copy.env });
    for (const args of [[], ['-p', 'test']]) expect(await tool('tsc', ...args)).toMatchObject({ code: 0, stdout: '' });
    expect(await tool('oxlint', '--deny-warnings', 'src')).toMatchObject({ code: 0 });
    const started = await tool('macp', 'run', 'scenario.yaml');
    expect([started.code, started.stdout]).toEqual([0, expect.stringMatching(/audit-agent +Vote +APPROVE[^]+RESOLVED step_up/)]);

    // Where the project keeps tokens, it gets one.
    writeFileSync(join(app, 'macp-tokens.json'), '{"tokens":[]}');
    const withToken = await command(app, 'add', 'second-agent', '--json');
    expect(JSON.parse(withToken.stdout)).toMatchObject({ ok: true, token: expect.stringContaining('by macp onboard') });
    expect(readFileSync(join(app, 'macp-tokens.json'), 'utf8')).toContain('"sender": "second-agent"');
  }, 60_000);

  it.each([
    [['add'], 'its id is missing'],
    [['add', 'Audit'], 'an id is lower-case letters'],
    [['add', 'fraud-agent'], 'scenario.yaml has that id already'],
    [['add', 'decide'], 'src/decide.ts exists already'],
  ])('refuses %j: %s', async (args, rule) => {
    const app = await fresh();
    const before = treeHash(app);
    const { code, stderr } = await command(app, ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(rule)]);
    expect(stderr).toContain('example: create-macp-agent add audit-agent');
    expect(treeHash(app)).toBe(before);
  });

  it('says what to write by hand when the scenario has another shape', async () => {
    const app = await fresh();
    writeFileSync(join(app, 'scenario.yaml'), 'spec: { agents: {}, launch: { participants: [] } }\n');
    const before = treeHash(app);
    const { code, stderr } = await command(app, 'add', 'audit-agent');
    expect([code, stderr]).toEqual([1, expect.stringContaining('- { id: audit-agent, role: audit, agentRef: audit-agent }')]);
    expect(treeHash(app)).toBe(before);
  });

  it.each([[['add']], [['--add']]])('%j puts a template into a package of someone else and changes nothing that is there', async (args) => {
    const cwd = await theirs();
    const { code, stdout } = await command(cwd, ...args, '-t', 'node');
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'))).toMatchObject({
      name: 'theirs',
      scripts: { test: 'mine', start: expect.stringContaining('macp run') },
      dependencies: { '@macp-agent/core': expect.any(String) },
      devDependencies: { typescript: '5.0.0', '@macp-agent/cli': expect.any(String) },
      macp: { template: 'node' },
    });
    expect(readFileSync(join(cwd, 'tsconfig.json'), 'utf8')).toBe('{}');
    expect(listFiles(cwd)).toEqual(expect.arrayContaining(['scenario.yaml', 'src/decide.ts', 'src/evaluator.ts']));
    expect(stdout).toMatch(/Left as they were[^]*tsconfig\.json[^]*package\.json scripts\.test/);
  });

  it('refuses when a source of that name exists, and only lists with --plan', async () => {
    const cwd = await theirs();
    const before = treeHash(cwd);
    expect((await command(cwd, 'add', '--plan')).stdout).toContain('Would add a node agent to theirs');
    expect(treeHash(cwd)).toBe(before);
    mkdirSync(join(cwd, 'src'));
    writeFileSync(join(cwd, 'src/decide.ts'), '// mine');
    const { code, stderr } = await command(cwd, 'add');
    expect([code, stderr]).toEqual([1, expect.stringContaining('src/decide.ts')]);
    expect(listFiles(cwd)).toEqual(['package.json', 'src/decide.ts', 'tsconfig.json']);
  });

  it('needs a package, and a scenario to add one agent to', async () => {
    expect((await command(await copy.workFolder(), 'add')).code).toBe(1);
    expect((await command(await theirs(), 'add', 'audit-agent')).stderr).toContain('create-macp-agent add --template node');
  });
});

/** A project that holds two made-up tarballs, and an environment whose npm knows only some packages. */
async function vendored(...options: string[]): Promise<{ app: string; switchWith: (...known: string[]) => Promise<RunResult> }> {
  const tarballs = await copy.workFolder();
  for (const name of ['core', 'cli', 'testing']) writeFileSync(join(tarballs, `macp-agent-${name}-0.1.0.tgz`), name);
  const app = await fresh('--vendor', tarballs, ...options);
  return {
    app,
    async switchWith(...known) {
      const bin = await copy.workFolder();
      const cases = known.map((spec) => `"${spec}") echo '"0.1.0"'; exit 0;;`).join(' ');
      writeFileSync(join(bin, 'npm'), `#!/bin/sh\ncase "$2" in ${cases} esac\necho "npm error code E404" >&2\nexit 1\n`);
      chmodSync(join(bin, 'npm'), 0o755);
      return run(process.execPath, ['vendor/use-registry.mjs'], { cwd: app, env: { ...copy.env, PATH: `${bin}${delimiter}${copy.env['PATH']}` } });
    },
  };
}

describe('vendor/use-registry.mjs', () => {
  const all = ['@macp-agent/core@0.1.0', '@macp-agent/cli@0.1.0', '@macp-agent/testing@0.1.0'];

  it('changes nothing when the registry lacks a package, and names it', async () => {
    const { app, switchWith } = await vendored();
    const before = treeHash(app);
    const { code, stderr } = await switchWith(all[0] ?? '', all[2] ?? '');
    expect(code).toBe(1);
    expect(stderr).toContain('the registry does not have:\n  @macp-agent/cli@0.1.0: npm error code E404\n');
    expect(stderr).toContain('vendor/ stays; nothing was changed.');
    expect(treeHash(app)).toBe(before);
  });

  it.each(['npm', 'pnpm', 'yarn', 'bun'])('leaves nothing of vendor/ behind in a project for %s when the registry has them all', async (manager) => {
    const { app, switchWith } = await vendored('--pm', manager);
    writeFileSync(join(app, 'package-lock.json'), '{}');
    expect(await switchWith(...all)).toMatchObject({ code: 0, stdout: expect.stringContaining('all 3 packages') });
    const plain = await fresh('--pm', manager);
    expect(listFiles(app)).toEqual(listFiles(plain));
    for (const path of listFiles(plain)) {
      expect([path, readFileSync(join(app, path), 'utf8')]).toEqual([path, readFileSync(join(plain, path), 'utf8')]);
    }
  });

  it('puts everything back when the folder cannot be changed', async () => {
    const { app, switchWith } = await vendored();
    // A leftover in the way of the last step.
    mkdirSync(join(app, '.vendor.old/x'), { recursive: true });
    const before = treeHash(app);
    expect(await switchWith(...all)).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing was changed') });
    expect(treeHash(app)).toBe(before);
  });
});
