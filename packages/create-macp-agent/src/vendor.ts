import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.js';
import type { Manifest } from './package-json.js';
import type { PackageManager } from './package-manager.js';
import type { ProjectFile } from './templates.js';

/** A packed package of ours that travels inside the project. */
export interface VendoredPackage {
  readonly name: string;
  readonly version: string;
  readonly file: ProjectFile;
}

const TARBALL = /^macp-agent-([a-z-]+)-(\d+\.\d+\.\d+(?:-[\w.]+)?)\.tgz$/;
export const SWITCH_SCRIPT = 'vendor/use-registry.mjs';

/** Reads the tarballs `pnpm pack` made of our packages. Throws VENDOR_NOT_FOUND when the folder holds none. */
export function readVendor(folder: string): VendoredPackage[] {
  if (!(statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false)) {
    throw new Failure('VENDOR_NOT_FOUND', `${folder} is not a folder`, '--vendor takes the folder that holds macp-agent-*.tgz.');
  }
  const found = readdirSync(folder)
    .toSorted()
    .flatMap((name): VendoredPackage[] => {
      const match = TARBALL.exec(name);
      if (match === null) return [];
      return [{ name: `@macp-agent/${match[1]}`, version: match[2] ?? '', file: { path: `vendor/${name}`, content: readFileSync(join(folder, name)) } }];
    });
  if (found.length === 0) throw new Failure('VENDOR_NOT_FOUND', `${folder} holds no macp-agent-*.tgz`, 'Make them with `pnpm pack`, or leave --vendor out.');
  return found;
}

/** Package name to the spec that points into the vendor folder. */
export function vendorSpecs(packages: readonly VendoredPackage[]): Record<string, string> {
  return Object.fromEntries(packages.map(({ name, file }) => [name, `file:${file.path}`]));
}

/** Points the project at the vendored packages, its own dependencies and those of its dependencies. */
export function vendorManifest(manifest: Manifest, specs: Readonly<Record<string, string>>, manager: PackageManager): Manifest {
  const missing = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).filter((name) => name.startsWith('@macp-agent/') && !(name in specs));
  if (missing.length > 0)
    throw new Failure('VENDOR_NOT_FOUND', `no tarball for ${missing.join(', ')}`, 'Pack every package of the checkout, or leave --vendor out.');
  const point = (group: Record<string, string> | undefined): Record<string, string> =>
    Object.fromEntries(Object.entries(group ?? {}).map(([name, range]) => [name, specs[name] ?? range]));
  return {
    ...manifest,
    dependencies: point(manifest.dependencies),
    devDependencies: point(manifest.devDependencies),
    // npm and bun read one, yarn the other, pnpm its settings file.
    ...(manager === 'npm' || manager === 'bun' ? { overrides: { ...manifest.overrides, ...specs } } : {}),
    ...(manager === 'yarn' ? { resolutions: { ...manifest.resolutions, ...specs } } : {}),
  };
}

/** Files that must know about the vendor folder: the image copies it, git does not ignore it, the README says how to leave it. */
export function vendorText(text: string, path: string, install: string): string {
  if (path === 'Dockerfile') return text.replaceAll(/^COPY (?:--\S+ )*package.*$/gm, '$&\nCOPY vendor ./vendor');
  if (path === '.gitignore' && /^\*\.tgz$/m.test(text)) return `${text.trimEnd()}\n!vendor/*.tgz\n`;
  if (path === 'README.md') {
    return `${text.trimEnd()}\n\n## Packages from a checkout\n\nThe \`@macp-agent/*\` packages of this project are files in \`vendor/\`. To take them from the registry instead:\n\n    node ${SWITCH_SCRIPT}\n    ${install}\n`;
  }
  return text;
}
