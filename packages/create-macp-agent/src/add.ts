import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addOneAgent } from './add-agent.js';
import type { Flags } from './args.js';
import { Failure } from './failure.js';
import { mergeManifest } from './merge-package-json.js';
import { resolveAnswers } from './options.js';
import { parseManifest, printManifest } from './package-json.js';
import { installCommand } from './package-manager.js';
import { planFor } from './plan-for.js';
import { managerOf, type ProjectHost } from './project.js';
import { inspectTarget, readTarget } from './target.js';
import { writeProject } from './write.js';

/** What an agent is made of; a repository has its own README, workflow and image. */
const PARTS = /^(?:src|test|policies|peers)\/|^(?:scenario\.yaml|tsconfig\.json|vitest\.config\.ts|\.env\.example)$/;
/** Files the agent cannot share with something else of that name. */
const ITS_OWN = /^(?:src|policies|peers)\/|^scenario\.yaml$/;

/**
 * `add <agent>` in a project with a scenario adds one agent to it. `add` in any other package puts the agents of a template there: files
 * that are missing, scripts and dependencies that are missing, nothing changed. Throws PROJECT_NOT_FOUND without a package.json and
 * DIRECTORY_NOT_EMPTY when a source of that name exists.
 */
export async function addAgent(flags: Flags, host: ProjectHost): Promise<number> {
  const project = readTarget(flags.positionals[0] ?? '.', host.cwd);
  const { folder } = project;
  const manifestPath = join(folder, 'package.json');
  if (!existsSync(manifestPath))
    throw new Failure('PROJECT_NOT_FOUND', `there is no package.json in ${folder}`, 'Leave "add" out to start a project of its own.');
  const hasScenario = existsSync(join(folder, 'scenario.yaml'));
  if (hasScenario && (flags.agent !== undefined || parseManifest(readFileSync(manifestPath, 'utf8')).macp !== undefined)) {
    return addOneAgent(flags, project, host);
  }
  if (flags.agent !== undefined) {
    throw new Failure(
      'PROJECT_NOT_FOUND',
      `${project.shown} has no scenario.yaml to add ${flags.agent} to; nothing was written`,
      `First: create-macp-agent add --template node\nThen:  create-macp-agent add ${flags.agent}`,
    );
  }
  const own = parseManifest(readFileSync(manifestPath, 'utf8'));
  const manager = flags.pm ?? managerOf(folder, host.env);
  const named = { ...flags, positionals: [flags.positionals[0] ?? '.'], name: flags.name ?? own.name ?? 'agent', pm: manager };
  const answers = await resolveAnswers(named, { cwd: host.cwd, env: host.env });
  const { name, template, role, packageManager } = answers;
  const planned = planFor({ name, template, role, packageManager, version: host.version }, host.packageFolder);

  const parts = planned.filter(({ path }) => PARTS.test(path));
  const { conflicts, kept } = inspectTarget(
    folder,
    parts.map(({ path }) => path),
  );
  const taken = conflicts.filter((path) => ITS_OWN.test(path));
  if (taken.length > 0) {
    throw new Failure(
      'DIRECTORY_NOT_EMPTY',
      'the agent needs names that are taken; nothing was written',
      `${taken.map((path) => `  ${path}`).join('\n')}\nMove them, or start the agent in a folder of its own without "add".`,
    );
  }
  const present = new Set([...conflicts, ...kept]);
  const files = parts.filter(({ path }) => !present.has(path));
  const wanted = parseManifest(planned.find(({ path }) => path === 'package.json')?.content.toString('utf8') ?? '{}');
  const merge = mergeManifest(own, wanted);
  if (!flags.plan) {
    await writeProject(folder, { exists: true, kept: [], conflicts: [], others: [] }, files, host.signal);
    await writeFile(`${manifestPath}.tmp`, printManifest(merge.manifest), { flag: 'wx' });
    await rename(`${manifestPath}.tmp`, manifestPath);
  }
  const left = [...present, ...merge.kept.map((entry) => `package.json ${entry}`)];
  if (flags.json) {
    const steps = [installCommand(packageManager), 'npx macp run scenario.yaml'];
    host.stdout.write(
      `${JSON.stringify({ ok: true, dir: folder, plan: flags.plan, template, files: files.map(({ path }) => path), added: merge.added, kept: left, nextSteps: steps }, null, 2)}\n`,
    );
    return 0;
  }
  const lines = [
    `${flags.plan ? 'Would add' : 'Added'} a ${template} agent to ${name}:`,
    ...files.map(({ path }) => `  ${path}`),
    ...merge.added.map((entry) => `  package.json ${entry}`),
    ...(left.length === 0 ? [] : ['Left as they were, compare with the template if something fails:', ...left.map((entry) => `  ${entry}`)]),
    '',
    `  ${installCommand(packageManager)}`,
  ];
  host.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}
