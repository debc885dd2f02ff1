import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Flags } from './args.js';
import { Failure } from './failure.js';
import { mergeManifest } from './merge-package-json.js';
import { parseManifest, printManifest } from './package-json.js';
import { startCommand } from './package-manager.js';
import type { Problem } from './problem.js';
import { managerOf, type ProjectHost } from './project.js';
import { refuseProblems } from './refuse-problems.js';
import { runCommand } from './run-command.js';
import { addToScenario, usedIds } from './scenario-text.js';
import { enterCommand, type Target } from './target.js';
import type { ProjectFile } from './templates.js';
import { writeProject } from './write.js';

const TOKEN_MAP = 'macp-tokens.json';
const TIMEOUT_MS = 30_000;

/**
 * Adds one agent to a project that has a scenario: its source, its participant in scenario.yaml, a script, and a token where the project
 * keeps tokens. Only adds: a name that is taken, or a scenario of another shape, stops it before anything is written.
 */
export async function addOneAgent(flags: Flags, target: Target, host: ProjectHost): Promise<number> {
  const { folder } = target;
  const scenario = readFileSync(join(folder, 'scenario.yaml'), 'utf8');
  refuseProblems(checkId(flags.agent, folder, scenario));
  const id = flags.agent ?? '';
  const participant = { id, role: id.replace(/-agent$/, ''), entry: `dist/${id}.js` };
  const changed = addToScenario(scenario, participant);
  if (changed === undefined) {
    throw new Failure(
      'PROJECT_NOT_FOUND',
      `scenario.yaml in ${target.shown} has no block lists under "agents:" and "participants:"; nothing was written`,
      `Add by hand:\n  agents:        ${id}: { entry: ${participant.entry}, framework: custom }\n  participants:  - { id: ${id}, role: ${participant.role}, agentRef: ${id} }`,
    );
  }
  const manifestText = readFileSync(join(folder, 'package.json'), 'utf8');
  const merge = mergeManifest(parseManifest(manifestText), { scripts: { [id]: `tsc && node dist/${id}.js` } });
  const source = readFileSync(join(host.packageFolder, 'extras', 'added-agent.ts'), 'utf8').replaceAll('AGENT_ID', id);
  const files: ProjectFile[] = [
    { path: `src/${id}.ts`, content: Buffer.from(source) },
    { path: 'scenario.yaml', content: Buffer.from(changed) },
    ...(merge.added.length === 0 ? [] : [{ path: 'package.json', content: Buffer.from(printManifest(merge.manifest)) }]),
  ];
  let token = 'each run gives it a token of its own; for a shared runtime: npx macp onboard ' + id + ' --modes decision';
  if (!flags.plan) {
    const conflicts = files.map(({ path }) => path).filter((path) => existsSync(join(folder, path)));
    await writeProject(folder, { exists: true, kept: [], conflicts, others: [] }, files, host.signal);
    token = (await onboard(folder, id, host)) ?? token;
  }
  const run = [enterCommand(target), startCommand(managerOf(folder, host.env))].filter((step) => step !== undefined).join(' && ');
  if (flags.json) {
    const paths = files.map(({ path }) => path);
    host.stdout.write(`${JSON.stringify({ ok: true, plan: flags.plan, dir: folder, agent: id, files: paths, token, nextSteps: [run] }, null, 2)}\n`);
    return 0;
  }
  const lines = [
    `${flags.plan ? 'Would add' : 'Added'} ${id} to ${target.shown}:`,
    `  src/${id}.ts  what it thinks; change this first`,
    `  scenario.yaml  one agent and one participant, role ${participant.role}`,
    ...merge.added.map((entry) => `  package.json ${entry}`),
    `  token: ${token}`,
    '',
    `  ${run}`,
  ];
  host.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

function checkId(id: string | undefined, folder: string, scenario: string): Problem[] {
  const example = 'create-macp-agent add audit-agent';
  const problem = (rule: string): Problem[] => [{ code: 'USAGE', argument: id === undefined ? 'the agent' : `add ${id}`, rule, example }];
  if (id === undefined) return problem('its id is missing');
  if (!/^[a-z][a-z\d]*(?:-[a-z\d]+)*$/.test(id) || id.length > 64) return problem('an id is lower-case letters, digits and single dashes, at most 64');
  if (usedIds(scenario).has(id)) return problem('scenario.yaml has that id already');
  if (existsSync(join(folder, `src/${id}.ts`))) return problem(`src/${id}.ts exists already`);
  return [];
}

/** Where the project keeps a map of tokens, `macp onboard` puts the agent into it; undefined where it keeps none. */
async function onboard(folder: string, id: string, host: ProjectHost): Promise<string | undefined> {
  const macp = join(folder, 'node_modules/@macp-agent/cli/bin/macp.js');
  if (!existsSync(join(folder, TOKEN_MAP))) return undefined;
  if (!existsSync(macp)) return `install, then: npx macp onboard ${id} --modes decision (${TOKEN_MAP} is there)`;
  const args = [macp, 'onboard', id, '--modes', 'decision'];
  const { exitCode } = await runCommand(process.execPath, args, { cwd: folder, env: host.env, signal: host.signal, timeoutMs: TIMEOUT_MS, output: 'collect' });
  return exitCode === 0 ? `added to ${TOKEN_MAP} and the producer's map by macp onboard` : `macp onboard failed; try: npx macp onboard ${id} --modes decision`;
}
