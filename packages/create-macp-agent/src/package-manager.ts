/** Package managers a project can be written for, the default first. */
export const PACKAGE_MANAGERS = ['npm', 'pnpm', 'yarn', 'bun'] as const;
export type PackageManager = (typeof PACKAGE_MANAGERS)[number];

export function isPackageManager(value: string): value is PackageManager {
  return (PACKAGE_MANAGERS as readonly string[]).includes(value);
}

/** The manager that started this command, from its user agent ("pnpm/10.0.0 npm/? node/v20"); npm when nothing says otherwise. */
export function detectPackageManager(userAgent: string | undefined): PackageManager {
  const name = /^([a-z]+)\//.exec(userAgent ?? '')?.[1] ?? '';
  return isPackageManager(name) ? name : 'npm';
}

export function installCommand(manager: PackageManager): string {
  return `${manager} install`;
}

export function startCommand(manager: PackageManager): string {
  return manager === 'bun' ? 'bun run start' : `${manager} start`;
}

/** How this manager starts the scaffolder; `rest` are the arguments after the folder. */
export function createCommand(manager: PackageManager, directory: string, rest: readonly string[]): string {
  const words = manager === 'npm' ? ['npm', 'create', 'macp-agent@latest', directory, '--', ...rest] : [manager, 'create', 'macp-agent', directory, ...rest];
  return words.map(shellWord).join(' ');
}

/** A word as it can be typed into a shell; double quotes work in POSIX shells, cmd and PowerShell. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./~-]+$/.test(word)) return word;
  return `"${word.replaceAll(/["$`\\]/g, String.raw`\$&`)}"`;
}
