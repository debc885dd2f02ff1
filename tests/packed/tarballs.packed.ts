import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import { cleanEnvironment, run } from './run.js';

const binaries = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
const tarballs = inject('tarballs');

const fileList = (tarball: string): string[] => execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
const manifestOf = (tarball: string): Record<string, unknown> =>
  JSON.parse(execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' })) as Record<string, unknown>;

describe.each(tarballs.map((tarball) => [basename(tarball), tarball] as const))('%s', (_name, tarball) => {
  const check = (line: string): ReturnType<typeof run> => run(line, { cwd: import.meta.dirname, env: process.env });

  it('passes publint', async () => {
    expect(await check(`"${binaries}/publint" run "${tarball}" --strict`)).toMatchObject({ code: 0 });
  });

  it('has types every module resolution finds', async () => {
    expect(await check(`"${binaries}/attw" "${tarball}" --profile esm-only --format ascii`)).toMatchObject({ code: 0 });
  });

  it('holds no tests, no build state, and a licence', () => {
    const files = fileList(tarball);
    expect(files.filter((file) => /\.test\.|tsbuildinfo|test-support|\/fixtures\//.test(file) && !file.includes('/dist/templates/'))).toEqual([]);
    expect(files).toContain('package/LICENSE');
  });

  it('names only ranges that mean something outside this repository', () => {
    const manifest = manifestOf(tarball);
    const ranges = Object.entries({ ...(manifest['dependencies'] as object), ...(manifest['peerDependencies'] as object) });
    expect(ranges.filter(([, range]) => !/^(?:\^|~|>=)?\d/.test(String(range)))).toEqual([]);
    expect(JSON.stringify(manifest['exports'] ?? {})).not.toContain('"source"');
    expect(Object.keys((manifest['scripts'] as object | undefined) ?? {})).toEqual([]);
  });
});

describe('all tarballs together', () => {
  it('install into a strict consumer whose types check with libraries included', async () => {
    const folder = await mkdtemp(`${dirname(tarballs[0] ?? '')}/consumer-`);
    const names = tarballs
      .map((tarball) => String(manifestOf(tarball)['name']))
      .filter((name) => name.startsWith('@macp-agent/') && name !== '@macp-agent/cli');
    await writeFile(
      `${folder}/index.ts`,
      names.map((name, index) => `import * as p${index} from '${name}';\nexport const k${index} = Object.keys(p${index}).length;\n`).join(''),
    );
    await writeFile(`${folder}/package.json`, JSON.stringify({ type: 'module', private: true }));
    const strict = {
      strict: true,
      module: 'nodenext',
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      types: ['node'],
      skipLibCheck: false,
      noEmit: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
    };
    await writeFile(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions: strict }));
    const env = await cleanEnvironment(folder, inject('registry'));
    expect(await run(`npm install ${names.join(' ')} typescript@7.0.2 @types/node@20`, { cwd: folder, env })).toMatchObject({ code: 0 });
    expect(await run('npx tsc -p .', { cwd: folder, env })).toMatchObject({ code: 0, output: '' });
    await rm(folder, { recursive: true, force: true });
  });
});
