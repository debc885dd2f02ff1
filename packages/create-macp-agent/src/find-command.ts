import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Whether a command is on the PATH. Looks at files only: running `pnpm --version` through a corepack shim may open a connection.
 * Folders that npm and npx put in front for one run are passed over, as the user will not have them afterwards.
 */
export function hasCommand(name: string, env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): boolean {
  const path = env['PATH'] ?? env['Path'] ?? '';
  const endings = platform === 'win32' ? (env['PATHEXT'] ?? '.EXE;.CMD;.BAT').split(';') : [''];
  return path
    .split(delimiter)
    .filter((folder) => folder !== '' && !/[/\\](?:_npx|node_modules)[/\\]/.test(`${folder}/`))
    .some((folder) => endings.some((ending) => isExecutable(join(folder, name + ending), platform)));
}

function isExecutable(file: string, platform: NodeJS.Platform): boolean {
  if (!(statSync(file, { throwIfNoEntry: false })?.isFile() ?? false)) return false;
  if (platform === 'win32') return true;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
