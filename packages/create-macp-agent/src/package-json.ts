import type { PackageManager } from './package-manager.js';
import { forManager } from './manager-text.js';
import type { Role } from './templates.js';

/** The fields of a template's package.json that the scaffolder reads or writes; all others pass through. */
export interface Manifest {
  name?: string;
  version?: string;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  overrides?: Record<string, string>;
  resolutions?: Record<string, string>;
  allowScripts?: Record<string, boolean>;
  pnpm?: { ignoredBuiltDependencies?: string[] };
  macp?: MacpStamp;
  [field: string]: unknown;
}

/** Where a project came from, in its package.json. */
export interface MacpStamp {
  readonly template: string;
  readonly version: string;
  readonly role?: Role;
  readonly packageManager?: PackageManager;
  /** Fingerprints of what was written, by which an upgrade tells edits of the user. */
  readonly written?: string;
}

export interface Stamp {
  readonly name: string;
  readonly template: string;
  readonly role: Role;
  /** Version of the scaffolder that wrote the project. */
  readonly version: string;
  readonly packageManager: PackageManager;
}

/** Where the classic yarn stops and the others go on: cookie 2, two steps below fastify, asks for Node 22; 1.1 has the same functions. */
const YARN_RESOLUTIONS = { cookie: '^1.1.1' };

export function parseManifest(text: string): Manifest {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('package.json is not an object');
  return { ...value };
}

export function printManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** The user's own manifest: their name, their manager in the scripts, settings of other managers left out, and where it came from. */
export function stampManifest(template: Manifest, stamp: Stamp): Manifest {
  const { pnpm: _pnpm, allowScripts, overrides, ...rest } = template;
  const { packageManager } = stamp;
  const scripts = Object.entries(template.scripts ?? {}).map(([name, line]) => [name, forManager(line, 'package.json', packageManager)]);
  return {
    ...rest,
    name: stamp.name,
    version: '0.1.0',
    scripts: Object.fromEntries(scripts) as Record<string, string>,
    // npm and bun read one, yarn the other; pnpm does without.
    ...((packageManager === 'npm' || packageManager === 'bun') && overrides !== undefined ? { overrides } : {}),
    ...(packageManager === 'npm' && allowScripts !== undefined ? { allowScripts } : {}),
    ...(packageManager === 'yarn' ? { resolutions: { ...YARN_RESOLUTIONS, ...overrides } } : {}),
    macp: { template: stamp.template, version: stamp.version, role: stamp.role, packageManager },
  };
}

/** Packages whose install scripts the template does without. */
export function skippedScripts(template: Manifest): string[] {
  const denied = Object.entries(template.allowScripts ?? {}).flatMap(([name, allowed]) => (allowed ? [] : [name]));
  return [...new Set([...denied, ...(template.pnpm?.ignoredBuiltDependencies ?? [])])].toSorted();
}
