import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listFolders } from './load-policies.js';
import { loadYaml } from './load-yaml.js';
import { checkPackDocument, type PackDocument } from './pack-document.js';

/** A pack and what its folders hold; scenario files are read when they are asked for. */
export interface Pack {
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly folder: string;
  /** The packs root, which `!include` cannot leave. */
  readonly root: string;
  /** Versions by scenario name, both as the folders are called. */
  readonly scenarios: ReadonlyMap<string, readonly string[]>;
}

/** Every pack under some roots. */
export interface PackCatalog {
  readonly roots: readonly string[];
  readonly packs: ReadonlyMap<string, Pack>;
  /** What was skipped, and why. */
  readonly warnings: readonly string[];
}

/**
 * Finds the packs under each root; of two packs with one slug the one under the earlier root counts. Folders whose name
 * starts with `_` hold shared fragments. Roots that do not exist are left out. A pack file that is not valid is a warning,
 * so that it does not keep other packs from running.
 */
export function loadPacks(roots: readonly string[]): PackCatalog {
  const packs = new Map<string, Pack>();
  const warnings: string[] = [];
  const present = [...new Set(roots.map((root) => resolve(root)))].filter((root) => existsSync(root));
  for (const root of present) {
    for (const name of listFolders(root)) {
      if (name.startsWith('_') || name === 'node_modules') continue;
      const folder = join(root, name);
      const file = ['pack.yaml', 'pack.yml'].map((base) => join(folder, base)).find((path) => existsSync(path));
      if (file === undefined) {
        warnings.push(`${folder} has no pack.yaml and is skipped`);
        continue;
      }
      const read = readPack(file, root);
      if (typeof read === 'string') {
        warnings.push(read);
        continue;
      }
      const { slug, description, name: title } = read.metadata;
      const other = packs.get(slug);
      if (other === undefined) packs.set(slug, { slug, name: title, description: description ?? '', folder, root, scenarios: listScenarios(folder) });
      else if (other.root === root) warnings.push(`${folder} has the slug ${slug} of ${other.folder} and is skipped`);
    }
  }
  return { roots: present, packs, warnings };
}

function readPack(file: string, root: string): PackDocument | string {
  try {
    return checkPackDocument(loadYaml(file, root), file);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function listScenarios(folder: string): Map<string, string[]> {
  const scenarios = join(folder, 'scenarios');
  return new Map(
    listFolders(scenarios).map((name) => [
      name,
      listFolders(join(scenarios, name)).filter((version) => scenarioFile(join(scenarios, name, version)) !== undefined),
    ]),
  );
}

/** The example packs that travel inside this package, with plain Node agents; exists in the built package only. */
export const packagedPacksRoot = (): string => fileURLToPath(new URL('packs', import.meta.url));

/** `scenario.yaml` or `scenario.yml` of a folder. */
export const scenarioFile = (folder: string): string | undefined =>
  ['scenario.yaml', 'scenario.yml'].map((base) => join(folder, base)).find((path) => existsSync(path));
