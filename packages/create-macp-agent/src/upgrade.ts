import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Flags } from './args.js';
import { compareProject, type Difference } from './compare-project.js';
import { Failure } from './failure.js';
import { parseManifest, printManifest, type Stamp } from './package-json.js';
import { installCommand } from './package-manager.js';
import { planFor } from './plan-for.js';
import { managerOf, type ProjectHost } from './project.js';
import { enterCommand, readTarget, type Target } from './target.js';
import { findTemplate } from './templates.js';
import type { Change } from './three-way.js';
import { SWITCH_SCRIPT } from './vendor.js';
import { writeProject } from './write.js';

/**
 * Shows how a project differs from what this version of the scaffolder writes, and applies what the user has not changed; what both
 * changed stays as the user has it and is shown. With --plan nothing is written. Throws PROJECT_NOT_FOUND where no project of ours is.
 */
export async function upgradeProject(flags: Flags, host: ProjectHost): Promise<number> {
  const target = readTarget(flags.positionals[0] ?? '.', host.cwd);
  const { folder } = target;
  const path = join(folder, 'package.json');
  if (!existsSync(path))
    throw new Failure('PROJECT_NOT_FOUND', `there is no package.json in ${target.shown}`, 'Run it in a project made by create-macp-agent.');
  const text = readFileSync(path, 'utf8');
  const own = parseManifest(text);
  const template = findTemplate(own.macp?.template ?? '');
  if (own.macp === undefined || template === undefined) {
    throw new Failure('PROJECT_NOT_FOUND', `${path} does not name a template of ours under "macp"`, 'Run it in a project made by create-macp-agent.');
  }
  const stamp: Stamp = {
    name: own.name ?? '',
    template: template.id,
    role: own.macp.role ?? 'both',
    packageManager: own.macp.packageManager ?? managerOf(folder, host.env),
    version: host.version,
  };
  const planned = planFor(stamp, host.packageFolder, vendorFor(target, flags, host.cwd));
  const { differences, files, gone, manifest } = compareProject(folder, own, planned);
  if (!flags.plan) {
    const changed = [...files, { path: 'package.json', content: Buffer.from(printManifest(manifest)) }];
    const conflicts = changed.filter((file) => existsSync(join(folder, file.path))).map((file) => file.path);
    await writeProject(folder, { exists: true, kept: [], conflicts, others: [] }, changed, host.signal);
    for (const name of gone) await rm(join(folder, name), { force: true });
  }
  const [from, to] = [own.macp.version, host.version];
  if (flags.json) {
    host.stdout.write(`${JSON.stringify({ ok: true, plan: flags.plan, dir: folder, template: template.id, from, to, files: differences }, null, 2)}\n`);
  } else {
    const title = `${target.shown}: template ${template.id}, from ${from} to ${to}`;
    host.stdout.write(`${[title, ...describe(differences, flags.plan), ...nextSteps(differences, target, stamp)].join('\n')}\n`);
  }
  return 0;
}

/** Packages that travel with the project can only be renewed by a checkout; others never move into one. */
function vendorFor(target: Target, flags: Flags, cwd: string): string | undefined {
  if (!existsSync(join(target.folder, SWITCH_SCRIPT))) return undefined;
  if (flags.vendor !== undefined) return resolve(cwd, flags.vendor);
  throw new Failure(
    'VENDOR_NOT_FOUND',
    `${target.shown} takes its packages from vendor/; nothing was changed`,
    `Upgrade it from a checkout: npx pnpm create-agent upgrade <folder>\nOr move it to the registry first: node ${SWITCH_SCRIPT}`,
  );
}

const DONE: Readonly<Record<Change, string>> = {
  same: 'same',
  update: 'updated',
  add: 'added',
  remove: 'removed',
  yours: 'yours',
  conflict: 'conflict',
};

function describe(differences: readonly Difference[], plan: boolean): string[] {
  const shown = differences.filter(({ change }) => change !== 'same');
  const lines = shown.flatMap(({ path, change, diff = [] }) => [
    `  ${(plan ? change : DONE[change]).padEnd(8)}  ${path}`,
    ...diff.map((line) => `      ${line}`),
  ]);
  const count = (wanted: Change): number => shown.filter(({ change }) => change === wanted).length;
  if (shown.length === 0) return ['Everything is as this version writes it.'];
  const written = count('update') + count('add') + count('remove');
  const sum = `${written} ${plan ? 'to write, nothing is written' : 'written'}; ${count('yours')} changed by you only and left alone`;
  if (count('conflict') === 0) return [...lines, `${sum}.`];
  return [...lines, `${sum}; ${count('conflict')} changed by both: yours ${plan ? 'would stay' : 'stayed'}, take over what you want of the + lines.`];
}

function nextSteps(differences: readonly Difference[], target: Target, { packageManager }: Stamp): string[] {
  if (!differences.some(({ path, change }) => /^package\.json \w+ependencies\./.test(path) && change !== 'same' && change !== 'yours')) return [];
  return ['', `  ${[enterCommand(target), installCommand(packageManager)].filter((step) => step !== undefined).join(' && ')}`];
}
