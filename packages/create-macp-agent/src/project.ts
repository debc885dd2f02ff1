import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { detectPackageManager, type PackageManager } from './package-manager.js';

/** What commands on a project that is already there get from outside. */
export interface ProjectHost {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly packageFolder: string;
  /** Version of the scaffolder. */
  readonly version: string;
  readonly stdout: Writable;
  readonly signal: AbortSignal;
}

const TRACES: readonly (readonly [string, PackageManager])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['pnpm-workspace.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['.yarnrc.yml', 'yarn'],
  ['bun.lock', 'bun'],
  ['package-lock.json', 'npm'],
];

/** The manager a project is used with, by the files it leaves; else the one that runs this. */
export function managerOf(folder: string, env: NodeJS.ProcessEnv): PackageManager {
  return TRACES.find(([file]) => existsSync(join(folder, file)))?.[1] ?? detectPackageManager(env['npm_config_user_agent']);
}
