import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Flags } from './args.js';
import { Failure } from './failure.js';
import { packageNameProblems, suggestPackageName } from './package-name.js';
import { detectPackageManager, installCommand, isPackageManager, PACKAGE_MANAGERS, type PackageManager } from './package-manager.js';
import type { Asker } from './prompts.js';
import { suggest } from './suggest.js';
import { inspectTarget, readTarget, refuseOccupied, type Target } from './target.js';
import { findTemplate, isRole, ROLES, TEMPLATES, type Role } from './templates.js';

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

/** Flags first, then questions for what is missing, then defaults. Throws USAGE, UNKNOWN_TEMPLATE or INVALID_NAME before anything is written. */
export async function resolveAnswers(flags: Flags, sources: OptionSources): Promise<Answers> {
  const { cwd, env } = sources;
  if (flags.positionals.length > 1) {
    throw new Failure('USAGE', `one folder at a time; unexpected: ${flags.positionals.slice(1).join(', ')}`, 'Run with --help for the list of options.');
  }
  const role = readChoice('role', flags.role, ROLES, isRole) ?? 'both';
  const packageManager = readChoice('pm', flags.pm, PACKAGE_MANAGERS, isPackageManager) ?? detectPackageManager(env['npm_config_user_agent']);
  if (flags.template !== undefined && findTemplate(flags.template) === undefined) throw unknownTemplate(flags.template);
  if (flags.name !== undefined) refuseName(flags.name, flags.name);

  const argument = flags.positionals[0] ?? (flags.name === undefined ? undefined : flags.name);
  if (argument === undefined && sources.asker === undefined && !flags.yes) throw missingFolder();
  const typed = argument === undefined ? undefined : checkTarget(argument, flags, cwd);
  // A folder in use will be refused once the plan says what is in the way; asking first would waste the answers.
  const asker = typed !== undefined && isOccupied(typed, flags.force) ? undefined : sources.asker;
  asker?.begin('create-macp-agent');
  const target = typed ?? (asker === undefined ? checkTarget(DEFAULT_FOLDER, flags, cwd) : await askTarget(asker, flags, cwd));
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
    defaulted,
  };
}

function readChoice<T extends string>(option: string, value: string | undefined, known: readonly T[], isKnown: (value: string) => value is T): T | undefined {
  if (value === undefined || isKnown(value)) return value;
  const near = suggest(value, known);
  throw new Failure('USAGE', `--${option} is one of ${known.join(', ')}; got "${value}"`, near === undefined ? undefined : `Did you mean --${option} ${near}?`);
}

function checkTarget(argument: string, flags: Flags, cwd: string): Target {
  const target = readTarget(argument, cwd);
  if (flags.name === undefined) refuseName(target.defaultName, argument);
  return target;
}

function isOccupied(target: Target, force: boolean): boolean {
  const { conflicts, others } = inspectTarget(target.folder, []);
  return !force && conflicts.length + others.length > 0;
}

async function askTarget(asker: Asker, flags: Flags, cwd: string): Promise<Target> {
  const problem = (typed: string): string | undefined => {
    try {
      const target = checkTarget(typed, flags, cwd);
      refuseOccupied(target, inspectTarget(target.folder, []), flags.force);
      return undefined;
    } catch (error) {
      if (error instanceof Failure) return error.message;
      throw error;
    }
  };
  return checkTarget(await asker.folder(freeFolder(cwd), problem), flags, cwd);
}

/** The default folder, numbered when it is taken: Enter must accept what is shown. */
function freeFolder(cwd: string): string {
  let folder = DEFAULT_FOLDER;
  for (let number = 2; existsSync(resolve(cwd, folder)); number += 1) folder = `${DEFAULT_FOLDER}-${number}`;
  return folder;
}

function refuseName(name: string, typed: string): void {
  const problems = packageNameProblems(name);
  if (problems.length === 0) return;
  throw new Failure(
    'INVALID_NAME',
    `"${name.slice(0, 80)}" cannot be a package name: ${problems.join('; ')}`,
    `Try ${suggestPackageName(typed)}, or keep the folder and give the package another name with --name.`,
  );
}

function templateList(): string {
  return TEMPLATES.map(({ id, hint }) => `  ${id.padEnd(10)} ${hint}`).join('\n');
}

function unknownTemplate(id: string): Failure {
  const near = suggest(
    id,
    TEMPLATES.map((template) => template.id),
  );
  return new Failure('UNKNOWN_TEMPLATE', `there is no template "${id}"`, `${near === undefined ? '' : `Did you mean ${near}?\n`}Templates:\n${templateList()}`);
}

function missingFolder(): Failure {
  return new Failure(
    'USAGE',
    'the folder is missing, and there is no terminal to ask on',
    `Templates:\n${templateList()}\nFor example:\n  npm create macp-agent@latest my-agent -- --template node --yes`,
  );
}
