import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.js';

export type ManagerName = 'npm' | 'pnpm' | 'yarn' | 'bun';

export interface Manager {
  readonly name: ManagerName;
  readonly version: string;
}

/** Ranges of the packages on the registry, as generated projects pin them for CI and images; npm is there with Node. */
const RANGES = { pnpm: '10', yarn: '1', bun: '1.2' } as const;

/** Installs every manager from the registry into a folder of its own, as a user has it on the PATH. What does not install or run is named. */
export async function installManagers(root: string, env: NodeJS.ProcessEnv): Promise<{ bin: string; present: Manager[]; missing: string[] }> {
  const bin = join(root, 'managers/bin');
  await mkdir(bin, { recursive: true });
  const present: Manager[] = [{ name: 'npm', version: (await run('npm --version', { cwd: root, env })).output.trim() }];
  const missing: string[] = [];
  for (const name of ['pnpm', 'yarn', 'bun'] as const) {
    const folder = join(root, 'managers', name);
    const command = join(folder, 'node_modules/.bin', name);
    const installed = await run(`npm install --prefix "${folder}" ${name}@${RANGES[name]}`, { cwd: root, env });
    const asked = await run(`"${command}" --version`, { cwd: root, env });
    if (installed.code === 0 && asked.code === 0) {
      await symlink(command, join(bin, name));
      present.push({ name, version: asked.output.trim() });
    } else missing.push(`${name}: ${(installed.code === 0 ? asked : installed).output.trim().split('\n').slice(-3).join(' ')}`);
  }
  return { bin, present, missing };
}
