import type { PackageManager } from './package-manager.js';
import type { ProjectFile } from './templates.js';

export interface SettingsInput {
  readonly packageManager: PackageManager;
  /** Packages whose install scripts are not run. */
  readonly skippedScripts: readonly string[];
  /** Package name to spec, for packages that come from the vendor folder. */
  readonly overrides: Readonly<Record<string, string>>;
}

/** Settings files a manager wants beside package.json. */
export function settingsFiles(input: SettingsInput): ProjectFile[] {
  const files: ProjectFile[] = [];
  if (input.packageManager === 'pnpm') files.push(file('pnpm-workspace.yaml', pnpmSettings(input)));
  // Agents are started as plain Node processes, which do not see Plug'n'Play.
  if (input.packageManager === 'yarn') files.push(file('.yarnrc.yml', 'nodeLinker: node-modules\n'));
  return files;
}

function pnpmSettings({ skippedScripts, overrides }: SettingsInput): string {
  const lines = ['# Settings for pnpm. Without this file pnpm would look for a workspace in the folders above.', 'packages:', '  - .'];
  if (skippedScripts.length > 0) {
    lines.push('# Install scripts that nothing here needs: for pnpm 10, and for newer ones.');
    lines.push('ignoredBuiltDependencies:', ...skippedScripts.map((name) => `  - ${quote(name)}`));
    lines.push('allowBuilds:', ...skippedScripts.map((name) => `  ${quote(name)}: false`));
  }
  if (Object.keys(overrides).length > 0) {
    lines.push('overrides:', ...Object.entries(overrides).map(([name, spec]) => `  ${quote(name)}: ${spec}`));
  }
  return `${lines.join('\n')}\n`;
}

function quote(name: string): string {
  return name.startsWith('@') ? `'${name}'` : name;
}

function file(path: string, text: string): ProjectFile {
  return { path, content: Buffer.from(text) };
}
