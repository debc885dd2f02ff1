import { settingsFiles } from './manager-settings.js';
import { forManager } from './manager-text.js';
import { parseManifest, printManifest, skippedScripts, stampManifest, type Stamp } from './package-json.js';
import { installCommand } from './package-manager.js';
import { applyRole } from './role.js';
import type { ProjectFile } from './templates.js';
import { vendorManifest, vendorSpecs, vendorText, type VendoredPackage } from './vendor.js';
import { describeWritten } from './written.js';

export interface PlanInput extends Stamp {
  /** The template under its project names. */
  readonly templateFiles: readonly ProjectFile[];
  /** Scripted agents that sit in for the other side when there is one role. */
  readonly peers: readonly ProjectFile[];
  /** Packages that travel with the project, and the script that lets go of them. */
  readonly vendor?: { readonly packages: readonly VendoredPackage[]; readonly switchScript: ProjectFile };
}

/** Answers and a template as the files of the new project, sorted. Pure: equal input gives equal bytes. */
export function planProject(input: PlanInput): ProjectFile[] {
  const source = input.templateFiles.find((file) => file.path === 'package.json');
  if (source === undefined) throw new Error(`template ${input.template} has no package.json`);
  const template = parseManifest(source.content.toString('utf8'));
  const specs = vendorSpecs(input.vendor?.packages ?? []);

  const files = applyRole(input.templateFiles, input.role, input.peers).map((file) => personalise(file, input, template.name ?? ''));
  const settings = settingsFiles({ packageManager: input.packageManager, skippedScripts: skippedScripts(template), overrides: specs });
  const replaced = new Set(settings.map(({ path }) => path).concat('package.json'));
  const vendored = input.vendor === undefined ? [] : [...input.vendor.packages.map(({ file }) => file), input.vendor.switchScript];
  const others = [...files.filter(({ path }) => !replaced.has(path)), ...settings, ...vendored];
  return [...others, withManifest(files, others, input, specs)].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function withManifest(files: readonly ProjectFile[], others: readonly ProjectFile[], input: PlanInput, specs: Readonly<Record<string, string>>): ProjectFile {
  const source = files.find((file) => file.path === 'package.json');
  const stamped = stampManifest(parseManifest(source?.content.toString('utf8') ?? '{}'), input);
  const manifest = input.vendor === undefined ? stamped : vendorManifest(stamped, specs, input.packageManager);
  const macp = manifest.macp && { ...manifest.macp, written: describeWritten(others, manifest) };
  return { path: 'package.json', content: Buffer.from(printManifest(macp === undefined ? manifest : { ...manifest, macp })) };
}

function personalise(file: ProjectFile, input: PlanInput, templateName: string): ProjectFile {
  if (file.path === 'package.json' || file.content.includes(0)) return file;
  let text = file.content.toString('utf8');
  if (templateName !== '') text = text.replaceAll(templateName, input.name);
  text = forManager(text, file.path, input.packageManager);
  if (input.vendor !== undefined) text = vendorText(text, file.path, installCommand(input.packageManager));
  return { path: file.path, content: Buffer.from(text) };
}
