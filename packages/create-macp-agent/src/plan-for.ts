import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stamp } from './package-json.js';
import { planProject } from './plan.js';
import { readTemplateFiles, type ProjectFile } from './templates.js';
import { readVendor, SWITCH_SCRIPT } from './vendor.js';

/** The files of a project by what travels in this package; `vendor` is an absolute folder of tarballs. */
export function planFor(stamp: Stamp, packageFolder: string, vendor?: string): ProjectFile[] {
  const extras = join(packageFolder, 'extras');
  const plan = {
    ...stamp,
    templateFiles: readTemplateFiles(join(packageFolder, 'dist', 'templates', stamp.template)),
    peers: readTemplateFiles(join(extras, 'peers')),
  };
  if (vendor === undefined) return planProject(plan);
  const switchScript = { path: SWITCH_SCRIPT, content: readFileSync(join(extras, 'use-registry.mjs')) };
  return planProject({ ...plan, vendor: { packages: readVendor(vendor), switchScript } });
}
