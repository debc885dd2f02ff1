import type { Flags } from './args.js';
import { Failure } from './failure.js';
import { packageNameProblems, suggestPackageName } from './package-name.js';
import { isPackageManager, PACKAGE_MANAGERS } from './package-manager.js';
import type { Problem } from './problem.js';
import { suggest } from './suggest.js';
import { readTarget } from './target.js';
import { findTemplate, isRole, ROLES, TEMPLATES } from './templates.js';

export interface FlagContext {
  readonly cwd: string;
  /** Whether nobody can be asked for the folder. */
  readonly folderNeeded: boolean;
  /** The value of an option nobody knows looks like one more folder; it is not worth a problem of its own. */
  readonly afterUnknownOption: boolean;
}

/** Everything that is wrong with the values of a command line, in the order of the help page. Touches nothing. */
export function checkFlags(flags: Flags, { cwd, folderNeeded, afterUnknownOption }: FlagContext): Problem[] {
  const [folder, ...more] = flags.positionals;
  const problems: Problem[] = [];
  if (more.length > 0 && !afterUnknownOption) {
    problems.push({ code: 'USAGE', argument: more.join(' '), rule: 'one folder at a time', example: `npm create macp-agent@latest ${folder}` });
  }
  if (folder === undefined && flags.name === undefined && folderNeeded) problems.push(missingFolder());
  if (folder !== undefined) problems.push(...checkFolder(folder, flags.name === undefined, cwd));
  const ids = TEMPLATES.map(({ id }) => id);
  if (flags.template !== undefined && findTemplate(flags.template) === undefined) {
    problems.push(notOne('UNKNOWN_TEMPLATE', 'template', flags.template, ids, 'there is no such template'));
  }
  if (flags.role !== undefined && !isRole(flags.role)) problems.push(notOne('USAGE', 'role', flags.role, ROLES, 'there is no such role'));
  if (flags.name !== undefined) problems.push(...list(checkName(flags.name, flags.name, '--name')));
  if (flags.pm !== undefined && !isPackageManager(flags.pm)) {
    problems.push(notOne('USAGE', 'pm', flags.pm, PACKAGE_MANAGERS, 'there is no such package manager'));
  }
  return problems;
}

/** What makes a name unfit for a package; `typed` is what the user wrote, a folder when there is no `option`. */
export function checkName(name: string, typed: string, option?: string): Problem | undefined {
  const broken = packageNameProblems(name);
  if (broken.length === 0) return undefined;
  const better = suggestPackageName(name);
  const shown = typed.length > 80 ? `${typed.slice(0, 80)}…` : typed;
  return {
    code: 'INVALID_NAME',
    argument: option === undefined ? `"${shown}"` : `${option} ${shown}`,
    rule: `${option === undefined ? 'its last part' : 'it'} cannot be a package name: ${broken.join('; ')}`,
    didYouMean: option === undefined ? better : `${option} ${better}`,
    example: option === undefined ? `${better}, or keep the folder and add --name ${better}` : `${option} ${better}`,
  };
}

function checkFolder(folder: string, givesName: boolean, cwd: string): Problem[] {
  try {
    const { defaultName } = readTarget(folder, cwd);
    return givesName ? list(checkName(defaultName, folder)) : [];
  } catch (error) {
    if (error instanceof Failure && error.code === 'INVALID_NAME') {
      return [{ code: 'INVALID_NAME', argument: JSON.stringify(folder), rule: error.message, example: 'my-agent' }];
    }
    throw error;
  }
}

function notOne(code: Problem['code'], option: string, value: string, allowed: readonly string[], rule: string): Problem {
  const near = suggest(value, allowed);
  return {
    code,
    argument: `--${option} ${value}`,
    rule,
    allowed,
    ...(near === undefined ? {} : { didYouMean: `--${option} ${near}` }),
    example: `--${option} ${near ?? allowed[1] ?? allowed[0]}`,
  };
}

function missingFolder(): Problem {
  const templates = TEMPLATES.map(({ id, hint }) => `  ${id.padEnd(10)} ${hint}`).join('\n');
  return {
    code: 'USAGE',
    argument: 'the folder',
    rule: 'it is missing, and there is no terminal to ask on',
    example: `npm create macp-agent@latest my-agent -- --template node --yes\nTemplates:\n${templates}`,
  };
}

function list<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
