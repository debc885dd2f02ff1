import { Failure } from './failure.js';
import { installCommand, startCommand, type PackageManager } from './package-manager.js';
import { runCommand } from './run-command.js';
import { enterCommand, type Target } from './target.js';

const TIMEOUT_MS = 10 * 60_000;
/** What npm put into the environment for the scaffolder; its own install would warn about or act on it. */
const NOT_FOR_INSTALL = /^npm_config_(?:template|role|pm|name|install|plan|dry_run|git|package|call|vendor)$/;

export interface InstallOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Descriptor the manager's own output goes to; with "collect" it is kept for the error. */
  readonly output: 'collect' | number;
}

/** Installs the dependencies. Throws INSTALL_FAILED with the command to try again, or CANCELLED. The written files stay. */
export async function installDependencies(target: Target, manager: PackageManager, options: InstallOptions): Promise<void> {
  const env = Object.fromEntries(Object.entries(options.env).filter(([name]) => !NOT_FOR_INSTALL.test(name)));
  const result = await runCommand(manager, ['install'], { cwd: target.folder, env, signal: options.signal, timeoutMs: TIMEOUT_MS, output: options.output });
  if (result.aborted) throw new Failure('CANCELLED', `cancelled during ${installCommand(manager)}`);
  if (result.exitCode === 0) return;
  const why = result.timedOut ? 'did not end within 10 minutes' : `failed${result.exitCode === undefined ? '' : ` with exit code ${result.exitCode}`}`;
  const retry = [enterCommand(target), installCommand(manager), startCommand(manager)].filter((line) => line !== undefined).join(' && ');
  const said = result.output.trim() === '' ? '' : `${result.output.trim().split('\n').slice(-8).join('\n')}\n`;
  throw new Failure('INSTALL_FAILED', `${installCommand(manager)} ${why}; the project in ${target.shown} is complete`, `${said}Try again: ${retry}`);
}
