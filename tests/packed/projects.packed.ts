import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { ManagerName } from './managers.js';
import { cleanEnvironment, run } from './run.js';

const TEMPLATES = {
  node: { files: 20, dependencies: 6, megabytes: 160 },
  langgraph: { files: 25, dependencies: 11, megabytes: 260 },
  langchain: { files: 25, dependencies: 11, megabytes: 260 },
};
const MANAGERS: Record<ManagerName, { create: string; install: string; start: string; run: string }> = {
  npm: { create: 'npm create --yes macp-agent@latest app --', install: 'npm install', start: 'npm start', run: 'npm run' },
  pnpm: { create: 'pnpm create macp-agent app', install: 'pnpm install', start: 'pnpm start', run: 'pnpm run' },
  yarn: { create: 'yarn create macp-agent app', install: 'yarn install', start: 'yarn start', run: 'yarn run' },
  bun: { create: 'bun create macp-agent app', install: 'bun install', start: 'bun run start', run: 'bun run' },
};
const present = inject('managers').map(({ name }) => name);

let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'macp-packed-'));
  env = await cleanEnvironment(folder, inject('registry'));
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

/** Everything a new user types, in order; stops at the first line that fails and shows what it said. */
async function everyday(manager: ManagerName, options: string): Promise<{ app: string; install: string; start: string }> {
  const { create, install, start, run: script } = MANAGERS[manager];
  const app = join(folder, 'app');
  const type = async (line: string, cwd = app): Promise<string> => {
    const { code, output } = await run(line, { cwd, env });
    if (code !== 0) throw new Error(`${line} ended with ${code}:\n${output}`);
    return output;
  };
  await type(`${create} ${options}`, folder);
  const installed = await type(install);
  const started = await type(start);
  for (const name of ['test', 'typecheck', 'lint', 'build']) await type(`${script} ${name}`);
  return { app, install: installed, start: started };
}

describe.each(Object.entries(TEMPLATES))('template %s', (template, budget) => {
  it.each(present)('creates, installs, decides, tests, type-checks, lints and builds with %s', async (manager) => {
    const { app, install, start } = await everyday(manager, `--template ${template} --yes`);
    for (const step of ['SessionStart', 'Proposal', 'Vote', 'Commitment']) expect(start).toContain(step);
    expect(start.match(/\bVote\b/g)?.length).toBeGreaterThanOrEqual(3);

    const warnings = install.split('\n').filter((line) => /EBADENGINE|ERESOLVE|deprecated|install-scripts|Ignored build scripts/.test(line));
    expect(warnings).toEqual([]);

    const manifest = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')) as { dependencies: object; devDependencies: object };
    const direct = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(direct.length).toBeLessThanOrEqual(budget.dependencies);
    expect(direct.filter(([, range]) => /latest|\*|next/.test(String(range)))).toEqual([]);
    const tracked = execFileSync('git', ['ls-files'], { cwd: app, env, encoding: 'utf8' }).trim().split('\n');
    expect(tracked.length).toBeLessThanOrEqual(budget.files);
    expect(megabytes(join(app, 'node_modules'))).toBeLessThanOrEqual(budget.megabytes);
  });
});

describe('one role', () => {
  it.each([
    ['node', 'initiator', 'evaluator'],
    ['langgraph', 'evaluator', 'initiator'],
  ])('of %s: a project of the %s, a scripted %s in a whole decision', async (template, role, peer) => {
    const { app, start } = await everyday('npm', `--template ${template} --role ${role} --yes`);
    expect(start).toContain('Commitment');
    expect(readdirSync(join(app, 'peers')).toSorted()).toEqual([`${peer}.ts`, 'tsconfig.json']);
  });
});

describe('a project later on', () => {
  it('takes one more agent, and has nothing to upgrade', async () => {
    const app = join(folder, 'app');
    const type = async (line: string, cwd = app): Promise<string> => {
      const { code, output } = await run(line, { cwd, env });
      if (code !== 0) throw new Error(`${line} ended with ${code}:\n${output}`);
      return output;
    };
    await type('npm create --yes macp-agent@latest app -- --template node --yes', folder);
    expect(await type('npm create --yes macp-agent@latest upgrade')).toContain('Everything is as this version writes it.');
    await type('npm create --yes macp-agent@latest add audit-agent');
    await type('npm install');
    expect(await type('npm start')).toMatch(/audit-agent +Vote +APPROVE/);
    for (const name of ['typecheck', 'lint', 'test']) await type(`npm run ${name}`);
  });
});

describe('--install', () => {
  it('ends with a project that starts, its lockfile in the first commit', async () => {
    expect(await run('npm create --yes macp-agent@latest app -- --template node --yes --install', { cwd: folder, env })).toMatchObject({ code: 0 });
    expect(execFileSync('git', ['ls-files', 'package-lock.json'], { cwd: join(folder, 'app'), env, encoding: 'utf8' })).toBe('package-lock.json\n');
    expect(await run('npm start', { cwd: join(folder, 'app'), env })).toMatchObject({ code: 0 });
  });

  it('forgives the missing --', async () => {
    const { code, output } = await run('npm create --yes macp-agent@latest app --template langgraph --no-install', { cwd: folder, env });
    expect(output).toContain('npm kept --template');
    expect(code).toBe(0);
    expect(readFileSync(join(folder, 'app/package.json'), 'utf8')).toContain('"template": "langgraph"');
  });
});

/** Size of what this machine uses: yarn 1 and bun 1.2 install native packages for both C libraries of Linux, npm and pnpm for one. */
function megabytes(path: string): number {
  const otherLibrary = /-linux-\w+-musl\//;
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !otherLibrary.test(`${entry.parentPath}/`));
  return files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0) / 1_000_000;
}
