import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { cleanEnvironment, run } from './run.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'macp-checkout-'));
  env = await cleanEnvironment(folder, inject('registry'));
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

describe('pnpm create-agent', () => {
  it.each(['npm', 'pnpm'])('makes a project of this checkout that %s installs and starts, and that can move to the registry', async (manager) => {
    const app = join(folder, 'app');
    const created = await run(`"${process.execPath}" "${root}/scripts/create-agent.mjs" app --template node --yes --pm ${manager}`, {
      cwd: folder,
      env: { ...process.env, INIT_CWD: folder },
    });
    expect(created).toMatchObject({ code: 0 });
    expect(existsSync(join(app, 'pnpm-workspace.yaml'))).toBe(manager === 'pnpm');
    for (const line of [`${manager} install`, `${manager} start`]) expect(await run(line, { cwd: app, env })).toMatchObject({ code: 0 });

    const lockfile = readFileSync(join(app, manager === 'npm' ? 'package-lock.json' : 'pnpm-lock.yaml'), 'utf8');
    expect(lockfile.match(/"http[^"]*@macp-agent\/[^"]*"/g)).toBeNull();
    for (const name of ['core', 'protocol', 'runtime', 'cli']) expect(lockfile).toContain(`file:vendor/macp-agent-${name}-`);

    // A registry without the packages changes nothing.
    const before = readFileSync(join(app, 'package.json'), 'utf8');
    const refused = await run('node vendor/use-registry.mjs', {
      cwd: app,
      env: { ...env, npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' },
    });
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('vendor/ stays; nothing was changed.') });
    expect(readFileSync(join(app, 'package.json'), 'utf8')).toBe(before);
    expect(existsSync(join(app, 'vendor'))).toBe(true);

    expect(await run(`node vendor/use-registry.mjs && ${manager} install && ${manager} start`, { cwd: app, env })).toMatchObject({ code: 0 });
    expect(existsSync(join(app, 'vendor'))).toBe(false);
    expect(readFileSync(join(app, 'package.json'), 'utf8')).not.toContain('file:vendor');
  });
});
