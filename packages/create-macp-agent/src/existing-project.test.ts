import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPackageCopy, type PackageCopy } from './test-support/package-copy.js';
import { listFiles, run, treeHash, type RunResult } from './test-support/run.js';

let copy: PackageCopy;
beforeAll(async () => {
  copy = await createPackageCopy();
});
afterAll(() => copy.remove());

const command = (cwd: string, ...args: string[]): Promise<RunResult> => run(process.execPath, [copy.bin, ...args], { cwd, env: copy.env });

describe('--upgrade', () => {
  it('says that nothing differs in a fresh project', async () => {
    const cwd = await copy.workFolder();
    await command(cwd, 'app', '-y', '--role', 'evaluator', '--pm', 'pnpm');
    const { code, stdout } = await command(join(cwd, 'app'), '--upgrade');
    expect(code).toBe(0);
    expect(stdout).toContain('Every file is as this version writes it.');
  });

  it('names changed and missing files and writes nothing', async () => {
    const cwd = await copy.workFolder();
    await command(cwd, 'app', '-y', '--no-git');
    appendFileSync(join(cwd, 'app/src/decide.ts'), '// mine\n');
    rmSync(join(cwd, 'app/tsconfig.json'));
    const before = treeHash(join(cwd, 'app'));
    const { code, stdout } = await command(cwd, '--upgrade', 'app');
    expect(code).toBe(0);
    expect(stdout).toMatch(/changed +src\/decide\.ts/);
    expect(stdout).toMatch(/missing +tsconfig\.json/);
    expect(treeHash(join(cwd, 'app'))).toBe(before);
  });
});

describe('--add', () => {
  async function project(): Promise<string> {
    const cwd = await copy.workFolder();
    writeFileSync(
      join(cwd, 'package.json'),
      JSON.stringify({ name: 'theirs', type: 'module', scripts: { test: 'mine' }, devDependencies: { typescript: '5.0.0' } }),
    );
    writeFileSync(join(cwd, 'tsconfig.json'), '{}');
    return cwd;
  }

  it('adds what is missing and changes nothing that is there', async () => {
    const cwd = await project();
    const { code, stdout } = await command(cwd, '--add', '-t', 'node');
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
    const cwd = await project();
    const before = treeHash(cwd);
    expect((await command(cwd, '--add', '--plan')).stdout).toContain('Would add a node agent to theirs');
    expect(treeHash(cwd)).toBe(before);
    mkdirSync(join(cwd, 'src'));
    writeFileSync(join(cwd, 'src/decide.ts'), '// mine');
    const { code, stderr } = await command(cwd, '--add');
    expect(code).toBe(1);
    expect(stderr).toContain('src/decide.ts');
    expect(listFiles(cwd)).toEqual(['package.json', 'src/decide.ts', 'tsconfig.json']);
  });

  it('needs a package', async () => {
    expect((await command(await copy.workFolder(), '--add')).code).toBe(1);
  });
});
