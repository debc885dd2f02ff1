import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPackageCopy, type PackageCopy } from './test-support/package-copy.js';
import { run, treeHash, type RunResult } from './test-support/run.js';

let copy: PackageCopy;
beforeAll(async () => {
  copy = await createPackageCopy();
});
afterAll(() => copy.remove());

describe('--upgrade', () => {
  const command = (cwd: string, ...args: string[]): Promise<RunResult> => run(process.execPath, [copy.bin, ...args], { cwd, env: copy.env });

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
