import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPackageCopy, type PackageCopy } from './test-support/package-copy.js';
import { listFiles, manifestOf, requireTool, run, treeHash } from './test-support/run.js';

let copy: PackageCopy;
beforeAll(async () => {
  copy = await createPackageCopy();
});
afterAll(() => copy.remove());

const create: PackageCopy['create'] = (...args) => copy.create(...args);

/** A folder with commands of our own in front of the PATH. */
async function fakeCommand(name: string, script: string): Promise<string> {
  const folder = await copy.workFolder();
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
  return `${folder}${delimiter}${copy.env['PATH']}`;
}

describe('1. tiny and instant', () => {
  it('has no runtime dependencies, no install scripts and one bundled file', () => {
    const manifest = JSON.parse(readFileSync(join(copy.folder, 'package.json'), 'utf8')) as { dependencies?: object; scripts?: Record<string, string> };
    expect(Object.keys(manifest.dependencies ?? {})).toEqual([]);
    expect(Object.keys(manifest.scripts ?? {}).filter((name) => name.endsWith('install'))).toEqual([]);
    expect(readdirSync(join(copy.folder, 'dist')).filter((name) => name.endsWith('.js'))).toEqual(['bin.js']);
  });

  it('unpacks to less than 600 kB with every template file inside, and shows its help within 2 s from the tarball', async () => {
    const cwd = await copy.workFolder();
    const packed = await run('npm', ['pack', '--json', copy.folder], { cwd, env: copy.env });
    const [tarball] = JSON.parse(packed.stdout) as { unpackedSize: number; filename: string; files: { path: string }[] }[];
    expect(tarball?.unpackedSize).toBeLessThan(600_000);
    const inTarball = tarball?.files.map(({ path }) => path).filter((path) => path.startsWith('dist/templates/')) ?? [];
    expect(inTarball.toSorted()).toEqual(listFiles(join(copy.folder, 'dist/templates')).map((path) => `dist/templates/${path}`));

    const help = await run('npx', ['--yes', `./${tarball?.filename}`, '--help'], { cwd, env: copy.env });
    expect(help.code).toBe(0);
    // Twice the budget: the machines that run tests do other things too.
    expect(help.durationMs).toBeLessThan(4_000);
  });
});

describe('2. network off', () => {
  it('scaffolds without any network', async (context) => {
    requireTool(context, 'unshare', '-rn', 'true');
    const cwd = await copy.workFolder();
    const result = await run('unshare', ['-rn', process.execPath, copy.bin, 'app', '-t', 'node', '--no-install', '--no-git'], { cwd, env: copy.env });
    expect(result.code).toBe(0);
    expect(result.durationMs).toBeLessThan(2_000);
    expect(existsSync(join(cwd, 'app/package.json'))).toBe(true);
  });
});

describe('3. no terminal', () => {
  it('says what is missing, which templates there are and one full command, and writes nothing', async () => {
    const { code, stdout, stderr, cwd, durationMs } = await create([]);
    expect(code).toBe(2);
    expect(durationMs).toBeLessThan(2_000);
    expect(stdout).toBe('');
    expect(stderr).toContain('the folder: it is missing, and there is no terminal to ask on');
    for (const id of ['node', 'langgraph', 'langchain']) expect(stderr).toContain(id);
    expect(stderr).toContain('npm create macp-agent@latest my-agent -- --template node --yes');
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('takes the defaults with a folder, and prints them', async () => {
    const { code, stderr, cwd } = await create(['app']);
    expect(code).toBe(0);
    expect(stderr).toContain('using defaults: template node, no install');
    expect(existsSync(join(cwd, 'app/package.json'))).toBe(true);
  });
});

describe('7. never destroys', () => {
  it('refuses a folder in use, lists every file, and changes nothing', async () => {
    const cwd = await copy.workFolder();
    mkdirSync(join(cwd, 'app/src'), { recursive: true });
    for (const path of ['package.json', 'KEEP.txt', 'src/decide.ts']) writeFileSync(join(cwd, 'app', path), 'mine');
    const before = treeHash(join(cwd, 'app'));
    const { code, stderr } = await create(['app', '-y'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain('package.json (would be overwritten)');
    expect(stderr).toContain('src/decide.ts (would be overwritten)');
    expect(stderr).toContain('KEEP.txt (would stay)');
    expect(treeHash(join(cwd, 'app'))).toBe(before);
    expect(readdirSync(join(cwd, 'app')).toSorted()).toEqual(['KEEP.txt', 'package.json', 'src']);
  });

  it('writes with --force what it listed and leaves the rest', async () => {
    const cwd = await copy.workFolder();
    mkdirSync(join(cwd, 'app'));
    for (const path of ['package.json', 'KEEP.txt']) writeFileSync(join(cwd, 'app', path), 'mine');
    expect((await create(['app', '-y', '--force', '--no-git'], { cwd })).code).toBe(0);
    expect(readFileSync(join(cwd, 'app/KEEP.txt'), 'utf8')).toBe('mine');
    expect(manifestOf(join(cwd, 'app')).name).toBe('app');
    expect(readdirSync(join(cwd, 'app')).filter((name) => name.includes('.tmp-'))).toEqual([]);
  });

  it('lives beside .git, LICENSE, .gitignore and editor folders, and keeps them', async () => {
    const cwd = await copy.workFolder();
    for (const folder of ['.git', '.idea', '.vscode']) mkdirSync(join(cwd, 'app', folder), { recursive: true });
    for (const path of ['LICENSE', '.gitignore']) writeFileSync(join(cwd, 'app', path), 'mine');
    expect((await create(['app', '-y', '--no-git'], { cwd })).code).toBe(0);
    for (const path of ['LICENSE', '.gitignore']) expect(readFileSync(join(cwd, 'app', path), 'utf8')).toBe('mine');
  });

  it('refuses to write through a linked folder, even with --force', async () => {
    const cwd = await copy.workFolder();
    mkdirSync(join(cwd, 'elsewhere'));
    mkdirSync(join(cwd, 'app'));
    symlinkSync(join(cwd, 'elsewhere'), join(cwd, 'app/src'));
    expect((await create(['app', '-y', '--force'], { cwd })).code).toBe(1);
    expect(readdirSync(join(cwd, 'elsewhere'))).toEqual([]);
  });

  it('refuses a file in the folder’s place', async () => {
    const cwd = await copy.workFolder();
    writeFileSync(join(cwd, 'app'), 'mine');
    expect((await create(['app', '-y'], { cwd })).code).toBe(1);
    expect(readFileSync(join(cwd, 'app'), 'utf8')).toBe('mine');
  });
});

describe('10. all or nothing', () => {
  it('leaves no project behind when it is killed half-way', async (context) => {
    requireTool(context, 'strace', '-V');
    const cwd = await copy.workFolder();
    // The third folder it makes is inside the copy.
    const kill = ['-f', '-o', '/dev/null', '-e', 'trace=/^mkdir', '-e', 'inject=/^mkdir:signal=SIGKILL:when=3'];
    await run('strace', [...kill, process.execPath, copy.bin, 'app', '-y', '--no-git'], { cwd, env: copy.env });
    expect(readdirSync(cwd).some((name) => name.startsWith('.app.tmp-'))).toBe(true);
    expect(existsSync(join(cwd, 'app'))).toBe(false);
  });

  it('keeps the finished project when the install fails, and says what to type', async () => {
    const { code, stderr, cwd, durationMs } = await create(['app', '--install', '-y'], {
      env: { npm_config_registry: 'http://127.0.0.1:9', npm_config_fetch_retries: '0' },
    });
    expect(code).toBe(1);
    expect(durationMs).toBeLessThan(30_000);
    expect(stderr).toContain('npm install failed');
    expect(stderr).toContain('Try again: cd app && npm install && npm start');
    expect(existsSync(join(cwd, 'app/package.json'))).toBe(true);
  }, 40_000);
});

describe('11. exit codes and JSON', () => {
  it('prints one object on success', async () => {
    const { code, stdout, cwd } = await create(['app', '-y', '--json', '--no-install']);
    const answer = JSON.parse(stdout) as Record<string, unknown> & { files: string[] };
    expect(code).toBe(0);
    expect(answer).toMatchObject({
      ok: true,
      dir: join(cwd, 'app'),
      packageManager: 'npm',
      templateVersion: '0.1.0',
      nextSteps: ['cd app', 'npm install && npm start'],
    });
    expect(answer.files.length).toBeGreaterThan(5);
    expect(answer.files).toEqual(listFiles(join(cwd, 'app')));
  });

  it.each([
    [[], 2, 'USAGE'],
    [['app', '--nope'], 2, 'USAGE'],
    [['app', '-t', 'nope'], 2, 'UNKNOWN_TEMPLATE'],
    [['Bad Name'], 2, 'INVALID_NAME'],
    [['app', '--vendor', 'nowhere'], 1, 'VENDOR_NOT_FOUND'],
    [['--upgrade'], 1, 'PROJECT_NOT_FOUND'],
  ])('prints %j as a failure with code %i and %s', async (args, expected, word) => {
    const { code, stdout } = await create([...args, '--json']);
    expect(code).toBe(expected);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, code: word, message: expect.any(String), hint: expect.any(String) });
  });

  it('says a failed install as JSON too', async () => {
    const { code, stdout } = await create(['app', '--json', '--install'], { env: { PATH: await fakeCommand('npm', 'echo broken >&2; exit 7') } });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, code: 'INSTALL_FAILED', hint: expect.stringContaining('broken') });
  });
});

describe('12. dry run', () => {
  it.each(['--plan', '--dry-run'])('%s lists files with bytes and commands, and writes nothing', async (flag) => {
    const { code, stdout, cwd } = await create(['app', '-t', 'langgraph', flag, '--install'], { env: { PATH: await fakeCommand('npm', 'exit 1') } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ +\d+ {2}package\.json$/m);
    expect(stdout).toMatch(/^ {2}npm install$/m);
    expect(stdout).toMatch(/^ {2}git commit/m);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('plans exactly what it then writes', async () => {
    const planned = await create(['app', '--plan', '--json']);
    const { files } = JSON.parse(planned.stdout) as { files: { path: string; bytes: number }[] };
    await create(['app', '-y'], { cwd: planned.cwd });
    const written = listFiles(join(planned.cwd, 'app')).map((path) => ({ path, bytes: readFileSync(join(planned.cwd, 'app', path)).length }));
    expect(files).toEqual(written);
  });

  it('plans when npm kept --dry-run for itself', async () => {
    const { code, cwd } = await create(['app'], { env: { npm_config_dry_run: 'true' } });
    expect(code).toBe(0);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('13. help and version', () => {
  it.each(['--help', '--version', '--list-templates'])('%s does nothing else', async (flag) => {
    const { code, stdout, stderr, cwd } = await create([flag]);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('helps with examples for every manager, templates, exit codes and variables', async () => {
    const { stdout } = await create(['--help']);
    for (const part of ['npm create', 'pnpm create', 'yarn create', 'bun create', 'langgraph ', 'langchain ', '130 cancelled', 'NO_COLOR'])
      expect(stdout).toContain(part);
  });

  it('lists the templates that are in the package, as JSON too', async () => {
    const { stdout } = await create(['--list-templates', '--json']);
    const { templates } = JSON.parse(stdout) as { templates: { id: string }[] };
    expect(templates.map(({ id }) => id).toSorted()).toEqual(readdirSync(join(copy.folder, 'dist/templates')).toSorted());
  });
});

describe('14. package manager', () => {
  it.each([
    ['pnpm/10.0.0 npm/? node/v20', 'pnpm install && pnpm start'],
    ['yarn/1.22.22 npm/? node/v20', 'yarn install && yarn start'],
    ['bun/1.2.0 npm/? node/v20', 'bun install && bun run start'],
    ['npm/11.0.0 node/v20', 'npm install && npm start'],
  ])('follows %s', async (npm_config_user_agent, line) => {
    const { stdout } = await create(['a', '-y', '--no-install'], { env: { npm_config_user_agent } });
    expect(stdout).toContain(`  ${line}\n`);
  });

  it('lets --pm win and writes scripts for it', async () => {
    const { stdout, cwd } = await create(['a', '-y', '--pm', 'pnpm'], { env: { npm_config_user_agent: 'yarn/1.22.22 npm/? node/v20' } });
    expect(stdout).toContain('pnpm install && pnpm start');
    expect(Object.values(manifestOf(join(cwd, 'a')).scripts).join('\n')).not.toMatch(/\bnpm /);
    expect(readFileSync(join(cwd, 'a/README.md'), 'utf8')).toContain('pnpm install\npnpm start');
    expect(readFileSync(join(cwd, 'a/pnpm-workspace.yaml'), 'utf8')).toContain('packages:\n  - .\n');
  });

  it('reports an absent manager before anything is written', async () => {
    const { code, stderr, cwd } = await create(['a', '-y', '--install', '--pm', 'bun'], { env: { PATH: await copy.workFolder() } });
    expect(code).toBe(1);
    expect(stderr).toContain('bun was not found');
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('15. clean streams', () => {
  it.each([{}, { NO_COLOR: '1' }, { CI: '1' }, { FORCE_COLOR: '1' }])('writes no escape sequence into a pipe with %j', async (env) => {
    const { stdout, stderr } = await create(['app', '-y', '--no-install'], { env });
    expect(stdout + stderr).not.toContain('\u001B');
  });

  it('keeps progress off stdout', async () => {
    const { stdout, stderr } = await create(['app', '--install'], { env: { PATH: await fakeCommand('npm', 'echo busy; echo moaning >&2') } });
    expect(stderr).toContain('busy');
    expect(stderr).toContain('moaning');
    expect(stdout).toMatch(/^Created app/);
    expect(stdout).not.toContain('busy');
  });

  it('does not mind a reader that leaves early', async () => {
    const cwd = await copy.workFolder();
    const result = await run('bash', ['-o', 'pipefail', '-c', `"${process.execPath}" "${copy.bin}" --help | head -1`], { cwd, env: copy.env });
    expect(result.code).toBe(0);
    expect(result.stderr).toBe('');
  });
});

describe('16. git', () => {
  it('commits once on main', async () => {
    const { code, cwd } = await create(['app', '-y']);
    expect(code).toBe(0);
    const log = await run('git', ['log', '--format=%s', '--all'], { cwd: join(cwd, 'app'), env: copy.env });
    expect(log.stdout).toBe('Start from the node template of create-macp-agent\n');
    expect((await run('git', ['branch', '--show-current'], { cwd: join(cwd, 'app'), env: copy.env })).stdout).toBe('main\n');
    expect((await run('git', ['status', '--porcelain'], { cwd: join(cwd, 'app'), env: copy.env })).stdout).toBe('');
  });

  it('makes no repository inside another', async () => {
    const cwd = await copy.workFolder();
    await run('git', ['init', '-q'], { cwd, env: copy.env });
    const { code, stderr } = await create(['app', '-y'], { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain('already inside a git repository');
    expect(existsSync(join(cwd, 'app/.git'))).toBe(false);
  });

  it('leaves the commit to someone git does not know', async () => {
    const { code, stderr, cwd } = await create(['app', '-y'], {
      env: { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', HOME: '/nonexistent' },
    });
    expect(code).toBe(0);
    expect(stderr).toContain('the first commit is left to you');
    expect(existsSync(join(cwd, 'app/.git/HEAD'))).toBe(true);
  });

  it('does without git when it is absent or not wanted', async () => {
    const absent = await create(['app', '-y'], { env: { PATH: await copy.workFolder() } });
    expect(absent.code).toBe(0);
    expect(absent.stderr).toContain('git was not found');
    const { cwd } = await create(['app', '-y', '--no-git']);
    expect(existsSync(join(cwd, 'app/.git'))).toBe(false);
  });
});

describe('17. no telemetry', () => {
  it('opens no internet connection', async (context) => {
    requireTool(context, 'strace', '-V');
    const cwd = await copy.workFolder();
    const trace = join(cwd, 'trace');
    const result = await run('strace', ['-f', '-o', trace, '-e', 'trace=connect,socket', process.execPath, copy.bin, 'app', '-y', '--no-install'], {
      cwd,
      env: copy.env,
    });
    expect(result.code).toBe(0);
    expect(readFileSync(trace, 'utf8')).not.toMatch(/AF_INET/);
  });
});

describe('18. reproducible', () => {
  it('writes the same tree twice and says where it comes from', async () => {
    const runs = await Promise.all([create(['app', '-y', '--no-git']), create(['app', '-y', '--no-git'])]);
    const [first, second] = runs.map(({ cwd }) => treeHash(join(cwd, 'app')));
    expect(first).toBe(second);
    expect(manifestOf(join(runs[0].cwd, 'app')).macp).toMatchObject({ template: 'node', version: '0.1.0', role: 'both' });
  });
});
