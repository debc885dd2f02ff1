import type { Flags } from './args.js';
import { isPackageManager } from './package-manager.js';
import type { Problem } from './problem.js';
import { findTemplate, isRole } from './templates.js';

/** Flags with what npm kept for itself put back, and one line that says so. */
export interface ForgivenFlags {
  readonly flags: Flags;
  readonly note?: string;
  /** Options whose value could not be told from the rest. */
  readonly problems: readonly Problem[];
}

type Words = { template?: string; role?: string; pm?: string; name?: string };

/**
 * `npm create macp-agent app --template langgraph` without `--` never hands over the option: npm sets `npm_config_template=true` and
 * leaves "langgraph" among the positionals. Here the word goes back to its option; when that is not certain it is a problem, as
 * scaffolding something else would be worse. Options of npm itself (yes, json, force) are left to npm.
 */
export function forgiveMissingDashes(flags: Flags, env: NodeJS.ProcessEnv): ForgivenFlags {
  const positionals = [...flags.positionals];
  const words: Words = {};
  const taken: string[] = [];
  const problems: Problem[] = [];

  const closed = { template: (word: string) => findTemplate(word) !== undefined, role: isRole, pm: isPackageManager };
  for (const option of ['template', 'role', 'pm'] as const) {
    const kept = env[`npm_config_${option}`];
    if (kept === undefined || kept === '' || flags[option] !== undefined) continue;
    const word = kept === 'true' ? takeWord(positionals, closed[option]) : kept;
    if (word === undefined) problems.push(unclear(option, positionals));
    else words[option] = word;
    taken.push(option);
  }
  const keptName = env['npm_config_name'];
  if (keptName !== undefined && keptName !== '' && flags.name === undefined) {
    const word = keptName === 'true' ? positionals.pop() : keptName;
    if (word === undefined) problems.push(unclear('name', positionals));
    else words.name = word;
    taken.push('name');
  }
  const install = flags.install ?? switchOf(env['npm_config_install']);
  const git = flags.git ?? (isOff(env['npm_config_git']) ? false : undefined);
  if (flags.install === undefined && install !== undefined) taken.push(install ? 'install' : 'no-install');
  if (flags.git === undefined && git !== undefined) taken.push('no-git');
  const plan = flags.plan || env['npm_config_plan'] === 'true' || env['npm_config_dry_run'] === 'true';
  if (plan && !flags.plan) taken.push('plan');
  if (taken.length === 0) return { flags, problems };

  return {
    flags: { ...flags, ...words, positionals, plan, ...(install === undefined ? {} : { install }), ...(git === undefined ? {} : { git }) },
    problems,
    note: `npm kept ${taken.map((name) => `--${name}`).join(', ')} for itself; taken from there. Put -- before the options next time.`,
  };
}

function takeWord(positionals: string[], fits: (word: string) => boolean): string | undefined {
  const places = positionals.flatMap((word, index) => (fits(word) ? [index] : []));
  // A folder may be called "node" too: with several candidates the first is the folder.
  const candidates = places.length > 1 && places[0] === 0 ? places.slice(1) : places;
  const place = candidates[0];
  return place === undefined || candidates.length > 1 ? undefined : positionals.splice(place, 1)[0];
}

function unclear(option: keyof Words, positionals: readonly string[]): Problem {
  const seen = positionals.length === 0 ? '' : ` among: ${positionals.join(', ')}`;
  return {
    code: 'USAGE',
    argument: `--${option}`,
    rule: `npm kept it for itself and its value is not clear${seen}; put -- before the options`,
    example: `npm create macp-agent@latest my-agent -- --${option} <value>`,
  };
}

function isOff(value: string | undefined): boolean {
  return value === '' || value === 'false' || value === 'null';
}

function switchOf(value: string | undefined): boolean | undefined {
  if (value === 'true') return true;
  return isOff(value) ? false : undefined;
}
