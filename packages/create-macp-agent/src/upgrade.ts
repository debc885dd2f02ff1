import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Flags } from './args.js';
import { Failure } from './failure.js';
import { parseManifest, type Manifest } from './package-json.js';
import { planProject } from './plan.js';
import { managerOf, type ProjectHost } from './project.js';
import { readTarget } from './target.js';
import { findTemplate, isRole, readTemplateFiles } from './templates.js';

interface Difference {
  readonly path: string;
  readonly state: 'same' | 'changed' | 'missing';
}

/**
 * Compares a project with what this version of the scaffolder would write for it. Only reports: a user's edits and ours cannot be told
 * apart without the old template, so nothing is written. Throws PROJECT_NOT_FOUND where no project of ours is.
 */
export function showUpgrade(flags: Flags, host: ProjectHost): number {
  const { folder, shown } = readTarget(flags.positionals[0] ?? '.', host.cwd);
  const manifest = readProject(folder, shown);
  const stamp = manifest.macp;
  const template = findTemplate(stamp?.template ?? '');
  if (stamp === undefined || template === undefined) {
    throw new Failure(
      'PROJECT_NOT_FOUND',
      `${join(shown, 'package.json')} does not name a template of ours under "macp"`,
      'Run it in a project made by create-macp-agent.',
    );
  }
  const differences = compare(folder, manifest, stamp.role ?? 'both', template.id, host);
  if (flags.json) {
    host.stdout.write(
      `${JSON.stringify({ ok: true, dir: folder, template: template.id, from: stamp.version, to: host.version, files: differences }, null, 2)}\n`,
    );
    return 0;
  }
  const open = differences.filter(({ state }) => state !== 'same');
  const lines = [
    `${shown}: template ${template.id}, from ${stamp.version}, now ${host.version}`,
    ...open.map(({ path, state }) => `  ${state.padEnd(8)} ${path}`),
  ];
  lines.push(
    open.length === 0
      ? 'Every file is as this version writes it.'
      : `${open.length} of ${differences.length} files differ. To compare: npm create macp-agent@latest fresh -- --template ${template.id} --yes`,
  );
  host.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

function readProject(folder: string, shown: string): Manifest {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) throw new Failure('PROJECT_NOT_FOUND', `there is no package.json in ${shown}`, 'Run it in a project made by create-macp-agent.');
  return parseManifest(readFileSync(path, 'utf8'));
}

function compare(folder: string, manifest: Manifest, role: string, template: string, host: ProjectHost): Difference[] {
  const planned = planProject({
    name: manifest.name ?? '',
    template,
    role: isRole(role) ? role : 'both',
    packageManager: managerOf(folder, host.env),
    version: host.version,
    templateFiles: readTemplateFiles(join(host.packageFolder, 'dist', 'templates', template)),
  });
  return planned.map(({ path, content }) => {
    const file = join(folder, path);
    if (!existsSync(file)) return { path, state: 'missing' };
    return { path, state: readFileSync(file).equals(content) ? 'same' : 'changed' };
  });
}
