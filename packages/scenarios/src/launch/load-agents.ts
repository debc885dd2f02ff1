import { existsSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { isJsonObject, type JsonObject } from '../json-value.js';
import { listFiles, listFolders } from '../load-policies.js';
import type { Scenario } from '../load-scenario.js';
import { loadYaml } from '../load-yaml.js';
import type { AgentSection } from '../scenario-document.js';
import { didYouMean } from '../suggest.js';
import { checkAgentEntry, type AgentEntry } from './agent-entry.js';

/** How to start one agent. */
export interface AgentLaunch {
  readonly agentRef: string;
  readonly framework: string;
  /** Somebody else starts it: it gets a bootstrap file and the run waits for it. */
  readonly external: boolean;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** As the entry names it; for people and for `EXAMPLE_AGENT_ENTRYPOINT`. */
  readonly entrypoint: string;
  /** Milliseconds until a ready report is due. */
  readonly startupTimeoutMs: number;
}

/** An agent as found, and where. */
export interface FoundAgent {
  readonly agentRef: string;
  readonly entry: AgentEntry;
  /** The file that describes it. */
  readonly file: string;
}

interface FindOptions {
  /** Node for agents that are Node programs; default the current one. */
  readonly nodePath?: string | undefined;
}

const STARTUP_MS = 30_000;
const NAMES = ['agent.json', 'agent.yaml', 'agent.yml'];
const ENDINGS = ['.json', '.yaml', '.yml'];

/**
 * How to start the agent of each participant, by participant id: from `spec.agents` of the scenario (participant id first, then
 * agentRef), else from the agent folders of its pack. Throws AGENT_NOT_FOUND when an agent or its entrypoint does not exist, and
 * INVALID_PACK_DATA when its entry is not valid.
 */
export function findAgents(
  scenario: Scenario,
  bindings: readonly { readonly participantId: string; readonly agentRef: string }[],
  options: FindOptions = {},
): Map<string, AgentLaunch> {
  const sections = scenario.document.spec.agents ?? {};
  const nodePath = options.nodePath ?? process.execPath;
  const found = new Map<string, AgentLaunch>();
  for (const { participantId, agentRef } of bindings) {
    const section = own(sections, participantId) ?? own(sections, agentRef);
    found.set(
      participantId,
      section === undefined ? fromPack(scenario, agentRef, participantId, nodePath) : fromSection(scenario, agentRef, section, nodePath),
    );
  }
  return found;
}

/** Every agent that the folders describe; of two with one agentRef the first counts. */
export function listAgents(folders: readonly string[]): FoundAgent[] {
  const agents = new Map<string, FoundAgent>();
  for (const folder of folders) {
    for (const found of agentsIn(folder)) if (!agents.has(found.agentRef)) agents.set(found.agentRef, found);
  }
  return [...agents.values()];
}

function agentsIn(folder: string): FoundAgent[] {
  const manifests = listFolders(folder).flatMap((name) => {
    const file = NAMES.map((base) => join(folder, name, base)).find((path) => existsSync(path));
    return file === undefined ? [] : [readEntry(file, folder, name)];
  });
  const entries = listFiles(folder, ENDINGS).flatMap((name) => {
    const file = join(folder, name);
    const value = loadYaml(file, folder);
    const list = Array.isArray(value) ? value : isJsonObject(value) && Array.isArray(value['agents']) ? value['agents'] : [value];
    return list.map((item) => toFound(item, file, basename(name, extname(name))));
  });
  return [...manifests, ...entries];
}

const readEntry = (file: string, root: string, name: string): FoundAgent => toFound(loadYaml(file, root), file, name);

function toFound(value: unknown, file: string, name: string): FoundAgent {
  // A catalog entry may carry its manifest inside.
  const merged: unknown =
    isJsonObject(value) && isJsonObject(value['manifest']) ? { ...value['manifest'], ...withoutText(value, 'entrypoint', value['manifest']) } : value;
  const entry = checkAgentEntry(merged, file);
  return { agentRef: entry.agentRef ?? entry.id ?? name, entry, file };
}

/** The manifest's entrypoint says more than the catalog's path. */
function withoutText(value: JsonObject, key: string, manifest: JsonObject): JsonObject {
  if (manifest[key] === undefined) return value;
  const { [key]: _, ...rest } = value;
  return rest;
}

function fromPack(scenario: Scenario, agentRef: string, participantId: string, nodePath: string): AgentLaunch {
  const agents = listAgents(scenario.agentFolders);
  const found = agents.find((agent) => agent.agentRef === agentRef);
  if (found === undefined) {
    const refs = agents.map((agent) => agent.agentRef);
    throw new MacpError(
      'AGENT_NOT_FOUND',
      `participant ${participantId} of ${scenario.ref} names the agent ${agentRef}, which nothing describes.${didYouMean(agentRef, refs)} ` +
        `Add ${join(scenario.agentFolders[0] ?? 'agents', agentRef, 'agent.json')}${refs.length === 0 ? '' : `, or use one of ${refs.join(', ')}`}`,
      { context: { path: scenario.ref } },
    );
  }
  return launchOf(found, nodePath);
}

function launchOf({ agentRef, entry, file }: FoundAgent, nodePath: string): AgentLaunch {
  const { bootstrap, host } = entry;
  const common = {
    agentRef,
    framework: entry.framework,
    env: { ...bootstrap?.env, ...host?.env },
    startupTimeoutMs: host?.startupTimeoutMs ?? STARTUP_MS,
  };
  const folder = dirname(file);
  const point = entrypointOf(entry);
  // The playground starts what it calls attached, whatever its strategy; the guide's entry names no mode.
  if (bootstrap?.strategy === 'external' && bootstrap.mode !== 'attached')
    return { ...common, external: true, command: '', args: [], cwd: folder, entrypoint: point?.value ?? '' };
  if (point === undefined) throw new MacpError('INVALID_PACK_DATA', `${file}: manifest.entrypoint is required`, { context: { path: file } });
  if (point.type === 'container' || bootstrap?.strategy === 'container' || bootstrap?.strategy === 'manifest-only') {
    const why = bootstrap?.strategy === 'manifest-only' ? 'a manifest-only agent is described and not started' : 'containers are not started from here';
    throw new MacpError('AGENT_NOT_FOUND', `${file}: ${why}; start it yourself and set bootstrap.strategy to external`, { context: { path: file } });
  }
  const extra = [...(host?.args ?? []), ...(bootstrap?.args ?? [])];
  const cwd = resolve(folder, host?.cwd ?? '.');
  const python = host?.python ?? 'python3';
  if (point.type === 'python_module') return { ...common, external: false, command: python, args: ['-m', point.value, ...extra], cwd, entrypoint: point.value };
  const script = existing(point.value, folder, file);
  const command = point.type === 'python_file' ? python : (host?.node ?? nodePath);
  return { ...common, external: false, command, args: [script, ...extra], cwd, entrypoint: point.value };
}

function entrypointOf({ entrypoint, bootstrap }: AgentEntry): { type: string; value: string } | undefined {
  if (typeof entrypoint === 'object') return entrypoint;
  const value = entrypoint ?? bootstrap?.entrypoint;
  if (value === undefined) return undefined;
  const python = bootstrap?.launcher === undefined ? value.endsWith('.py') : bootstrap.launcher === 'python';
  return { type: python ? 'python_file' : 'node_file', value };
}

/** The file of an entrypoint: relative to its entry, to the pack or to the packs root; compiled code for a source under `src/`. */
function existing(value: string, folder: string, file: string): string {
  const names = [value.endsWith('.ts') ? value.replace(/(^|\/)src\//, '$1dist/').replace(/\.ts$/, '.js') : value, value];
  const bases = [folder, dirname(folder), dirname(dirname(folder)), dirname(dirname(dirname(folder)))];
  const found = bases.flatMap((base) => names.map((name) => resolve(base, name))).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new MacpError('AGENT_NOT_FOUND', `${file} names the entrypoint ${value}, which does not exist; build the agent first (in its folder: npm run build)`, {
    context: { path: file },
  });
}

function fromSection(scenario: Scenario, agentRef: string, section: AgentSection, nodePath: string): AgentLaunch {
  const common = {
    agentRef,
    framework: section.framework ?? 'custom',
    external: false,
    cwd: scenario.folder,
    env: section.env ?? {},
    startupTimeoutMs: section.startupTimeoutMs ?? STARTUP_MS,
  };
  if (section.entry !== undefined) {
    const script = resolve(scenario.folder, section.entry);
    if (!existsSync(script)) {
      throw new MacpError('AGENT_NOT_FOUND', `agent ${agentRef} of ${scenario.file}: ${section.entry} does not exist; build it first (npm run build)`, {
        context: { path: script },
      });
    }
    return { ...common, command: nodePath, args: [script], entrypoint: section.entry };
  }
  const [command = '', ...args] = section.command ?? [];
  return { ...common, command: command === 'node' ? nodePath : command, args, entrypoint: [command, ...args].join(' ') };
}

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined => (Object.hasOwn(table, key) ? table[key] : undefined);
