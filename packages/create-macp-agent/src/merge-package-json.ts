import type { Manifest } from './package-json.js';

export interface Merge {
  readonly manifest: Manifest;
  /** "scripts.start" and the like, that were added. */
  readonly added: readonly string[];
  /** The same for what both have, with different values; the project's own stays. */
  readonly kept: readonly string[];
}

const GROUPS = ['scripts', 'dependencies', 'devDependencies'] as const;

/** Adds what an agent needs to a manifest that is already there; never changes a value it has. */
export function mergeManifest(own: Manifest, wanted: Manifest): Merge {
  const added: string[] = [];
  const kept: string[] = [];
  const merged: Manifest = { ...own };
  for (const group of GROUPS) {
    const values = { ...own[group] };
    for (const [name, value] of Object.entries(wanted[group] ?? {})) {
      // A package must not be listed twice.
      const elsewhere = group !== 'scripts' && [own.dependencies, own.devDependencies].some((packages) => packages?.[name] !== undefined);
      if (values[name] === value || elsewhere) continue;
      if (values[name] === undefined) {
        values[name] = value;
        added.push(`${group}.${name}`);
      } else kept.push(`${group}.${name}`);
    }
    if (Object.keys(values).length > 0) merged[group] = values;
  }
  if (own['type'] === undefined) {
    merged['type'] = 'module';
    added.push('type');
  } else if (own['type'] !== 'module') kept.push('type');
  if (own.macp === undefined && wanted.macp !== undefined) {
    merged.macp = wanted.macp;
    added.push('macp');
  }
  return { manifest: merged, added, kept };
}
