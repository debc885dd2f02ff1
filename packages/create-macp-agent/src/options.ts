import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Flags } from './args.js';
import { checkFlags, checkName } from './check-flags.js';
import { Failure } from './failure.js';
import { detectPackageManager, installCommand, isPackageManager, type PackageManager } from './package-manager.js';
import type { Problem } from './problem.js';
import type { Asker } from './prompts.js';
import { refuseProblems } from './refuse-problems.js';
import { inspectTarget, readTarget, refuseOccupied, type Target } from './target.js';
import { isRole, TEMPLATES, type Role } from './templates.js';

/** Everything there is to know before a file is planned. */
export interface Answers {
  readonly target: Target;
  readonly name: string;
  readonly template: string;
  readonly role: Role;
  readonly packageManager: PackageManager;
  readonly install: boolean;
  readonly git: boolean;
  readonly force: boolean;
  /** Absolute folder of packed packages, when they are to travel with the project. */
  readonly vendor?: string;
  /** How the scaffolder was started, when not through npm create. */
  readonly calledAs?: string;
  /** Options nobody gave and nobody was asked for, for the line that says so. */
  readonly defaulted: readonly string[];
}

export interface OptionSources {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Absent when nobody can answer. */
  readonly asker?: Asker;
}

const DEFAULT_FOLDER = 'my-agent';

/**
 * Flags first, then questions for what is missing, then defaults. Throws USAGE, UNKNOWN_TEMPLATE or INVALID_NAME before anything is
 * written, with all problems of the line; `earlier` are those found while reading it.
 */
export async function resolveAnswers(flags: Flags, sources: OptionSources, earlier: readonly Problem[] = []): Promise<Answers> {
  const { cwd, env } = sources;
  const folderNeeded = sources.asker === undefined && !flags.yes;
  refuseProblems([...earlier, ...checkFlags(flags, { cwd, folderNeeded, afterUnknownOption: earlier.length > 0 })]);
  const role = flags.role !== undefined && isRole(flags.role) ? flags.role : 'both';
  const packageManager = flags.pm !== undefined && isPackageManager(flags.pm) ? flags.pm : detectPackageManager(env['npm_config_user_agent']);

  const argument = flags.positionals[0] ?? (flags.name === undefined ? undefined : flags.name);
  const typed = argument === undefined ? undefined : readTarget(argument, cwd);
  // A folder in use will be refused once the plan says what is in the way; asking first would waste the answers.
  const asker = typed !== undefined && isOccupied(typed, flags.force) ? undefined : sources.asker;
  asker?.begin('create-macp-agent');
  const target = typed ?? (asker === undefined ? readTarget(DEFAULT_FOLDER, cwd) : await askTarget(asker, flags, cwd));
  const template = flags.template ?? (await asker?.template());
  const install = flags.install ?? (await asker?.install(installCommand(packageManager)));

  const defaulted: string[] = [];
  if (argument === undefined && asker === undefined) defaulted.push(`folder ${DEFAULT_FOLDER}`);
  if (template === undefined) defaulted.push(`template ${TEMPLATES[0]?.id}`);
  if (install === undefined) defaulted.push('no install');
  return {
    target,
    name: flags.name ?? target.defaultName,
    template: template ?? TEMPLATES[0]?.id ?? '',
    role,
    packageManager,
    install: install ?? false,
    git: flags.git ?? true,
    force: flags.force,
    ...(flags.vendor === undefined ? {} : { vendor: resolve(cwd, flags.vendor) }),
    ...(flags.calledAs === undefined ? {} : { calledAs: flags.calledAs }),
    defaulted,
  };
}

function isOccupied(target: Target, force: boolean): boolean {
  const { conflicts, others } = inspectTarget(target.folder, []);
  return !force && conflicts.length + others.length > 0;
}

async function askTarget(asker: Asker, flags: Flags, cwd: string): Promise<Target> {
  const problem = (typed: string): string | undefined => {
    try {
      const target = readTarget(typed, cwd);
      const wrong = flags.name === undefined ? checkName(target.defaultName, typed) : undefined;
      if (wrong !== undefined) return `${wrong.rule}${wrong.didYouMean === undefined ? '' : `; try ${wrong.didYouMean}`}`;
      refuseOccupied(target, inspectTarget(target.folder, []), flags.force);
      return undefined;
    } catch (error) {
      if (error instanceof Failure) return error.message;
      throw error;
    }
  };
  return readTarget(await asker.folder(freeFolder(cwd), problem), cwd);
}

/** The default folder, numbered when it is taken: Enter must accept what is shown. */
function freeFolder(cwd: string): string {
  let folder = DEFAULT_FOLDER;
  for (let number = 2; existsSync(resolve(cwd, folder)); number += 1) folder = `${DEFAULT_FOLDER}-${number}`;
  return folder;
}
