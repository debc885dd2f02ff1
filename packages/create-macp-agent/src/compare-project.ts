import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineDiff } from './line-diff.js';
import { parseManifest, type Manifest } from './package-json.js';
import type { ProjectFile } from './templates.js';
import { compareThree, fingerprint, type Change } from './three-way.js';
import { manifestEntries, readWritten, setManifestEntry } from './written.js';

export interface Difference {
  /** A file, or "package.json scripts.start" and the like. */
  readonly path: string;
  readonly change: Change;
  /** From the project's text (`-`) to that of this version (`+`), where there are both. */
  readonly diff?: readonly string[];
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** To be written. */
  readonly files: readonly ProjectFile[];
  /** To be removed. */
  readonly gone: readonly string[];
  /** The project's own with what this version changes. */
  readonly manifest: Manifest;
}

/** Compares a project with what this version would write for it, by what was written then. Reads only. */
export function compareProject(folder: string, own: Manifest, planned: readonly ProjectFile[]): Comparison {
  const base = readWritten(own.macp?.written ?? '');
  const source = planned.find(({ path }) => path === 'package.json');
  const wanted = parseManifest(source?.content.toString('utf8') ?? '{}');
  const next = new Map(planned.filter((file) => file !== source).map((file) => [file.path, file]));
  const written = [...base.keys()].filter((path) => !path.startsWith('package.json#') && !path.split('/').includes('..'));

  const differences: Difference[] = [];
  const files: ProjectFile[] = [];
  const gone: string[] = [];
  for (const path of new Set([...next.keys(), ...written].toSorted())) {
    const file = next.get(path);
    const current = readIfThere(join(folder, path));
    const change = compareThree(current && fingerprint(current), base.get(path), file && fingerprint(file.content));
    if (file !== undefined && (change === 'update' || change === 'add')) files.push(file);
    if (change === 'remove') gone.push(path);
    differences.push({ path, change, ...diffOf(change, current, file?.content) });
  }

  let manifest = own;
  const [ownEntries, nextEntries] = [manifestEntries(own), manifestEntries(wanted)];
  const before = [...base.keys()].flatMap((key) => (key.startsWith('package.json#') ? [key.slice('package.json#'.length)] : []));
  for (const entry of new Set([...nextEntries.keys(), ...before].toSorted())) {
    const [current, value] = [ownEntries.get(entry), nextEntries.get(entry)];
    const change = compareThree(current && fingerprint(current), base.get(`package.json#${entry}`), value && fingerprint(value));
    if (change === 'update' || change === 'add' || change === 'remove') manifest = setManifestEntry(manifest, entry, value);
    differences.push({ path: `package.json ${entry}`, change, ...diffOf(change, current, value) });
  }
  if (wanted.macp !== undefined) manifest = { ...manifest, macp: wanted.macp };
  return { differences, files, gone, manifest };
}

function diffOf(change: Change, before: Buffer | string | undefined, after: Buffer | string | undefined): { diff?: readonly string[] } {
  if ((change !== 'update' && change !== 'conflict') || before === undefined || after === undefined) return {};
  const texts = [before, after].map(String);
  return texts.some((text) => text.includes('\0')) ? {} : { diff: lineDiff(texts[0] ?? '', texts[1] ?? '') };
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}
