import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { findScenario, isScenarioPath, loadPacks, loadScenarioFile, type PackCatalog, type Scenario } from '@macp-agent/scenarios';
import type { Config } from '../config.js';

/** The catalog of all roots: `--packs` first, then those of the configuration. */
export function openCatalog(config: Config, packs: readonly string[] = []): PackCatalog {
  return loadPacks([...packs.map((root) => resolve(config.cwd, root)), ...config.packRoots]);
}

/** The catalog of a folder: a packs root, or one pack alone. Undefined when it is neither. */
export function openFolder(path: string): PackCatalog | undefined {
  if (!existsSync(path)) return undefined;
  const below = loadPacks([path]);
  if (below.packs.size > 0) return below;
  const around = loadPacks([dirname(path)]);
  const own = [...around.packs].filter(([, { folder }]) => folder === path);
  return own.length === 0 ? undefined : { ...around, packs: new Map(own) };
}

/** The scenario that a word of the command line names: a reference, or the path of a scenario.yaml. */
export function openScenario(config: Config, word: string, packs?: readonly string[]): Scenario {
  if (isScenarioPath(word)) return loadScenarioFile(resolve(config.cwd, word));
  return findScenario(openCatalog(config, packs), word);
}
