import type { Manifest } from './package-json.js';
import type { ProjectFile } from './templates.js';
import { fingerprint } from './three-way.js';

const GROUPS = ['scripts', 'dependencies', 'devDependencies', 'overrides', 'resolutions'] as const;
type Group = (typeof GROUPS)[number];
/** Fields that are the user's from the first moment, or ours alone. */
const NOT_COMPARED = new Set(['name', 'version', 'macp']);

/** "scripts.start" and the like, each with its value as JSON: what two manifests are compared by. */
export function manifestEntries(manifest: Manifest): Map<string, string> {
  const entries = new Map<string, string>();
  for (const [field, value] of Object.entries(manifest)) {
    if (NOT_COMPARED.has(field) || value === undefined) continue;
    if (isGroup(field)) for (const [name, entry] of Object.entries(manifest[field] ?? {})) entries.set(`${field}.${name}`, JSON.stringify(entry));
    else entries.set(field, JSON.stringify(value));
  }
  return entries;
}

/** Puts one entry into a manifest; undefined takes it out. */
export function setManifestEntry(manifest: Manifest, entry: string, json: string | undefined): Manifest {
  const value: unknown = json === undefined ? undefined : JSON.parse(json);
  const dot = entry.indexOf('.');
  const field = entry.slice(0, dot);
  if (dot === -1 || !isGroup(field)) return without({ ...manifest, [entry]: value });
  const group: Record<string, unknown> = without({ ...manifest[field], [entry.slice(dot + 1)]: value });
  return without({ ...manifest, [field]: Object.keys(group).length === 0 ? undefined : group });
}

/** Fingerprints of what the scaffolder wrote, for one line in package.json: files by path, entries of the manifest by "package.json#…". */
export function describeWritten(files: readonly ProjectFile[], manifest: Manifest): string {
  const marks = files.filter(({ path }) => path !== 'package.json').map(({ path, content }) => `${path}:${fingerprint(content)}`);
  const entries = [...manifestEntries(manifest)].map(([entry, json]) => `package.json#${entry}:${fingerprint(json)}`);
  return [...marks, ...entries].toSorted().join(' ');
}

/** The inverse of describeWritten, by path or "package.json#…". Words it does not know are passed over. */
export function readWritten(text: string): Map<string, string> {
  return new Map(
    text.split(' ').flatMap((word): [string, string][] => {
      const colon = word.lastIndexOf(':');
      return colon < 1 ? [] : [[word.slice(0, colon), word.slice(colon + 1)]];
    }),
  );
}

function isGroup(field: string): field is Group {
  return (GROUPS as readonly string[]).includes(field);
}

function without<T extends Record<string, unknown>>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
