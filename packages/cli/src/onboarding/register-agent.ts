import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { packagedPacksRoot, systemReason, type Scenario } from '@macp-agent/scenarios';
import { isMap, isSeq, parseAllDocuments, parseDocument, type Document } from 'yaml';

/** What step 4 of onboarding says about an agent, as the guide's catalog entry has it. */
export interface CatalogEntry {
  readonly agentRef: string;
  readonly framework: string;
  readonly role: string;
  readonly entrypoint?: string;
  readonly bootstrap: { readonly strategy: 'external'; readonly mode?: 'attached' };
  readonly supportedScenarioRefs: readonly string[];
}

/** What somebody says about an agent; what is left out stays as it is in an entry that is there. */
export type NamedMembers = Partial<Pick<CatalogEntry, 'framework' | 'role' | 'entrypoint'>>;

/** The entry of an agent about which only this is known. */
export function newEntry(agentRef: string, named: NamedMembers, supportedScenarioRefs: readonly string[]): CatalogEntry {
  const { framework = 'custom', role = 'evaluator', entrypoint } = named;
  return {
    agentRef,
    framework,
    role,
    ...(entrypoint === undefined ? {} : { entrypoint }),
    bootstrap: bootstrapOf(entrypoint),
    supportedScenarioRefs,
  };
}

const bootstrapOf = (entrypoint: string | undefined): CatalogEntry['bootstrap'] =>
  entrypoint === undefined ? { strategy: 'external' } : { strategy: 'external', mode: 'attached' };

/**
 * Puts an agent into a catalog file (YAML or JSON: a list, an object with the list `agents`, or a file of its own); in an entry of the
 * same agentRef only what is named changes. Comments stay. Throws INVALID_OPTIONS for a file that holds something else.
 */
export function registerInCatalog(file: string, agentRef: string, named: NamedMembers, refs: readonly string[]): 'added' | 'updated' {
  const entry = newEntry(agentRef, named, refs);
  if (!existsSync(file)) {
    write(file, file.endsWith('.json') ? `${JSON.stringify(entry, undefined, 2)}\n` : String(parseDocument(JSON.stringify({ agents: [entry] }))));
    return 'added';
  }
  const { document, save } = open(file);
  const list = isMap(document.contents) && document.has('agents') ? document.get('agents') : document.contents;
  const items: unknown[] = isSeq(list) ? list.items : [list];
  const known = items.find((item) => isMap(item) && item.get('agentRef') === agentRef);
  if (isMap(known)) {
    const before: unknown = known.toJSON();
    const merged = {
      ...named,
      ...(named.entrypoint === undefined ? {} : { bootstrap: bootstrapOf(named.entrypoint) }),
      supportedScenarioRefs: [...new Set([...refsOf(before), ...refs])],
    };
    for (const [key, value] of Object.entries(merged)) known.set(key, document.createNode(value));
  } else if (isSeq(list)) list.add(document.createNode(entry));
  else throw wrong(file, 'must hold a list of catalog entries, or an object with the list "agents"');
  save();
  return known === undefined ? 'added' : 'updated';
}

function refsOf(entry: unknown): string[] {
  const refs: unknown = typeof entry === 'object' && entry !== null && 'supportedScenarioRefs' in entry ? entry.supportedScenarioRefs : undefined;
  return Array.isArray(refs) ? refs.filter((ref) => typeof ref === 'string') : [];
}

/** Adds a participant to a scenario file; comments stay. Throws INVALID_OPTIONS where its list cannot be changed in place. */
export function registerInScenario(
  scenario: Scenario,
  participant: { readonly id: string; readonly role: string; readonly agentRef: string },
): 'added' | 'there' {
  const { file, document: known } = scenario;
  if (known.spec.launch.participants.some(({ id }) => id === participant.id)) return 'there';
  refusePackaged(file);
  const { document, save } = open(file);
  const list = document.getIn(['spec', 'launch', 'participants']);
  // Those of an `!include` are read from another file, which other scenarios use too.
  if (!isSeq(list))
    throw wrong(
      file,
      `takes its participants from elsewhere; add { id: ${participant.id}, role: ${participant.role}, agentRef: ${participant.agentRef} } there`,
    );
  list.add(document.createNode(participant, { flow: true }));
  save();
  return 'added';
}

/** Where the entry of an agent goes when nobody says: a file of its own in the agents folder of the scenario. */
export function catalogFileOf(scenario: Scenario, agentRef: string): string {
  const [folder = join(scenario.folder, 'agents')] = scenario.agentFolders;
  const file = join(folder, `${agentRef.replaceAll(/[^A-Za-z0-9._-]/g, '_')}.json`);
  refusePackaged(file);
  return file;
}

function refusePackaged(file: string): void {
  if (resolve(file).startsWith(`${packagedPacksRoot()}${sep}`))
    throw new MacpError(
      'INVALID_OPTIONS',
      `${file} belongs to this package and is not changed; copy its pack under packs/ first, or write your own: macp scenario new`,
      {
        context: { path: file },
      },
    );
}

/** The first document of a file, and how to write the file back: a scenario may have its templates behind it, each below a `---`. */
function open(file: string): { readonly document: Document; readonly save: () => void } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new MacpError('INVALID_OPTIONS', `${file} cannot be read: ${systemReason(error)}`, { cause: error, context: { path: file } });
  }
  const documents: Document[] = [...parseAllDocuments(text, { customTags: [{ tag: '!include', resolve: (path: string) => path }] })];
  const [document = parseDocument(''), ...others] = documents;
  const problem = documents.flatMap(({ errors }) => errors)[0];
  if (problem !== undefined) throw wrong(file, `is not valid: ${problem.message.split('\n')[0] ?? ''}`);
  return {
    document,
    save() {
      if (file.endsWith('.json')) write(file, `${JSON.stringify(document.toJS(), undefined, 2)}\n`);
      else write(file, [document, ...others].map((one) => one.toString({ lineWidth: 0, flowCollectionPadding: true })).join(''));
    },
  };
}

/** All or nothing. */
function write(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const next = `${file}.${process.pid}.tmp`;
    writeFileSync(next, text, { flag: 'wx' });
    renameSync(next, file);
  } catch (error) {
    throw new MacpError('INVALID_OPTIONS', `${file} cannot be written: ${systemReason(error)}`, { cause: error, context: { path: file } });
  }
}

const wrong = (file: string, text: string): MacpError => new MacpError('INVALID_OPTIONS', `${file} ${text}`, { context: { path: file } });
