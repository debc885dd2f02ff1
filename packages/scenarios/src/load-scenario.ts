import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { MacpError, type PolicyDefinition } from '@macp-agent/protocol';
import { isJsonObject, type JsonObject } from './json-value.js';
import { listFiles, loadPolicies } from './load-policies.js';
import { scenarioFile, type Pack, type PackCatalog } from './load-packs.js';
import { loadYaml, loadYamlDocuments } from './load-yaml.js';
import { checkScenarioDocument, type ScenarioDocument } from './scenario-document.js';
import { formatScenarioRef, parseScenarioRef } from './scenario-ref.js';
import { didYouMean } from './suggest.js';
import { checkTemplateDocument, isTemplateDocument, type TemplateDocument } from './template-document.js';

/** A scenario with its templates and policies, read and checked. */
export interface Scenario {
  /** `pack/scenario@version`. */
  readonly ref: string;
  readonly file: string;
  /** Folder of the scenario file; paths in `spec.agents` start here. */
  readonly folder: string;
  readonly document: ScenarioDocument;
  /** By slug. */
  readonly templates: ReadonlyMap<string, TemplateDocument>;
  /** All policies of the pack, or of the `policies` folder beside a scenario that stands alone. */
  readonly policies: readonly PolicyDefinition[];
  /** Folders that may hold agents, in the order to look. */
  readonly agentFolders: readonly string[];
}

/**
 * Reads the scenario of `pack/scenario@version`; the version may be left out where there is one only. Throws INVALID_SCENARIO_REF, PACK_NOT_FOUND, SCENARIO_NOT_FOUND or
 * VERSION_NOT_FOUND with what there is instead, INVALID_PACK_DATA or INVALID_POLICY_DEFINITION.
 */
export function findScenario(catalog: PackCatalog, ref: string): Scenario {
  const parsed = parseScenarioRef(withOnlyVersion(catalog, ref));
  const pack = catalog.packs.get(parsed.pack);
  if (pack === undefined) throw missingPack(catalog, parsed.pack, ref);
  const versions = pack.scenarios.get(parsed.scenario);
  if (versions === undefined || versions.length === 0) {
    const known = [...pack.scenarios].filter(([, found]) => found.length > 0).map(([name]) => name);
    throw missing(
      'SCENARIO_NOT_FOUND',
      `pack ${pack.slug} has no scenario ${parsed.scenario}.${didYouMean(parsed.scenario, known)} It has: ${known.join(', ') || 'none'}`,
      ref,
    );
  }
  if (!versions.includes(parsed.version)) {
    throw missing(
      'VERSION_NOT_FOUND',
      `${pack.slug}/${parsed.scenario} has no version ${parsed.version}.${didYouMean(parsed.version, versions)} It has: ${versions.join(', ')}`,
      ref,
    );
  }
  const folder = join(pack.folder, 'scenarios', parsed.scenario, parsed.version);
  const file = scenarioFile(folder) ?? join(folder, 'scenario.yaml');
  const document = checkScenarioDocument(loadYaml(file, pack.root), file);
  return {
    ref: formatScenarioRef(parsed),
    file,
    folder,
    document,
    templates: loadTemplates(join(folder, 'templates'), pack.root),
    policies: loadPolicies(join(pack.folder, 'policies'), pack.root),
    agentFolders: agentFolders(catalog, pack),
  };
}

/**
 * Reads a scenario that stands alone: `scenario.yaml` with `policies/` beside it; its templates are further documents of the
 * file or lie in `templates/`. `pack`, `scenario` and `version` of its metadata default to `local`, the name of the folder
 * and `1.0.0`.
 * Throws INVALID_PACK_DATA or INVALID_POLICY_DEFINITION.
 */
export function loadScenarioFile(path: string): Scenario {
  const given = resolve(path);
  const file = existsSync(given) && statSync(given).isDirectory() ? (scenarioFile(given) ?? join(given, 'scenario.yaml')) : given;
  if (!existsSync(file))
    throw new MacpError('SCENARIO_NOT_FOUND', `${path} does not exist; give a scenario.yaml, or a reference such as fraud/high-value-new-device@1.0.0`, {
      context: { path },
    });
  const folder = realpathSync(dirname(file));
  const [first, ...rest] = loadYamlDocuments(file, folder);
  const document = checkScenarioDocument(withDefaults(first, basename(folder)), file);
  const templates = loadTemplates(join(folder, 'templates'), folder);
  for (const value of rest) if (isTemplateDocument(value)) addTemplate(templates, value, file);
  const { pack, scenario, version } = document.metadata;
  return {
    ref: formatScenarioRef({ pack, scenario, version }),
    file,
    folder,
    document,
    templates,
    policies: loadPolicies(join(folder, 'policies'), folder),
    agentFolders: [join(folder, 'agents')],
  };
}

function withOnlyVersion(catalog: PackCatalog, ref: string): string {
  if (ref.includes('@')) return ref;
  const slash = ref.indexOf('/');
  const versions = catalog.packs.get(ref.slice(0, Math.max(slash, 0)))?.scenarios.get(ref.slice(slash + 1)) ?? [];
  const [only, ...others] = versions.map((version) => `${ref}@${version}`);
  if (only === undefined || others.length === 0) return only ?? ref;
  throw missing('VERSION_NOT_FOUND', `${ref} has several versions; name one: ${[only, ...others].join(', ')}`, ref);
}

/** True for a command-line word that is a path rather than a reference. */
export function isScenarioPath(word: string): boolean {
  return (
    /\.ya?ml$/.test(word) ||
    word === '.' ||
    word.startsWith('./') ||
    word.startsWith('../') ||
    word.startsWith('/') ||
    (!word.includes('@') && existsSync(word) && scenarioFile(word) !== undefined)
  );
}

/** Every reference of a catalog, sorted. */
export function listScenarioRefs(catalog: PackCatalog): string[] {
  return [...catalog.packs.values()]
    .flatMap((pack) =>
      [...pack.scenarios].flatMap(([scenario, versions]) => versions.map((version) => formatScenarioRef({ pack: pack.slug, scenario, version }))),
    )
    .toSorted();
}

function loadTemplates(folder: string, root: string): Map<string, TemplateDocument> {
  const templates = new Map<string, TemplateDocument>();
  for (const name of listFiles(folder, ['.yaml', '.yml'])) {
    const path = join(folder, name);
    const value = loadYaml(path, root);
    if (isTemplateDocument(value)) addTemplate(templates, value, path);
  }
  return templates;
}

function addTemplate(templates: Map<string, TemplateDocument>, value: unknown, path: string): void {
  const template = checkTemplateDocument(value, path);
  const { slug } = template.metadata;
  if (templates.has(slug)) throw new MacpError('INVALID_PACK_DATA', `${path} has the slug ${slug} of another template`, { context: { path } });
  templates.set(slug, template);
}

/** The pack's own agents first, then shared ones, then those of the other packs. */
function agentFolders(catalog: PackCatalog, pack: Pack): string[] {
  const others = [...catalog.packs.values()].filter((other) => other !== pack).map((other) => join(other.folder, 'agents'));
  return [join(pack.folder, 'agents'), join(pack.root, '_shared', 'agents'), ...others];
}

function withDefaults(value: unknown, name: string): unknown {
  if (!isJsonObject(value)) return value;
  const metadata: JsonObject = isJsonObject(value['metadata']) ? value['metadata'] : {};
  return { ...value, metadata: { pack: 'local', scenario: name, version: '1.0.0', name, ...metadata } };
}

function missingPack(catalog: PackCatalog, slug: string, ref: string): MacpError {
  const known = [...catalog.packs.keys()];
  const where = catalog.roots.length === 0 ? 'no packs root exists; give one with --packs or MACP_PACKS_DIR' : `looked under ${catalog.roots.join(', ')}`;
  return missing('PACK_NOT_FOUND', `there is no pack ${slug}.${didYouMean(slug, known)} There are: ${known.join(', ') || 'none'} (${where})`, ref);
}

const missing = (code: 'PACK_NOT_FOUND' | 'SCENARIO_NOT_FOUND' | 'VERSION_NOT_FOUND', text: string, path: string): MacpError =>
  new MacpError(code, text, { context: { path } });
