import type { Flags } from './args.js';
import { Failure } from './failure.js';
import { isPackageManager } from './package-manager.js';
import { findTemplate, isRole } from './templates.js';

/** Flags with what npm kept for itself put back, and one line that says so. */
export interface ForgivenFlags {
  readonly flags: Flags;
  readonly note?: string;
}

type Words = { template?: string; role?: string; pm?: string; name?: string };

/**
 * `npm create macp-agent app --template langgraph` without `--` never hands over the option: npm sets `npm_config_template=true` and
 * leaves "langgraph" among the positionals. Here the word goes back to its option; when that is not certain the command stops, as
 * scaffolding something else would be worse. Options of npm itself (yes, json, force) are left to npm.
 */
export function forgiveMissingDashes(flags: Flags, env: NodeJS.ProcessEnv): ForgivenFlags {
  const positionals = [...flags.positionals];
  const words: Words = {};
  const taken: string[] = [];

  const closed = { template: (word: string) => findTemplate(word) !== undefined, role: isRole, pm: isPackageManager };
  for (const option of ['template', 'role', 'pm'] as const) {
    const kept = env[`npm_config_${option}`];
    if (kept === undefined || kept === '' || flags[option] !== undefined) continue;
    words[option] = kept === 'true' ? takeWord(positionals, closed[option], option) : kept;
    taken.push(option);
  }
  const keptName = env['npm_config_name'];
  if (keptName !== undefined && keptName !== '' && flags.name === undefined) {
    words.name = keptName === 'true' ? takeLast(positionals) : keptName;
    taken.push('name');
  }
  const install = flags.install ?? switchOf(env['npm_config_install']);
  const git = flags.git ?? (isOff(env['npm_config_git']) ? false : undefined);
  if (flags.install === undefined && install !== undefined) taken.push(install ? 'install' : 'no-install');
  if (flags.git === undefined && git !== undefined) taken.push('no-git');
  const plan = flags.plan || env['npm_config_plan'] === 'true' || env['npm_config_dry_run'] === 'true';
  if (plan && !flags.plan) taken.push('plan');
  if (taken.length === 0) return { flags };

  return {
    flags: { ...flags, ...words, positionals, plan, ...(install === undefined ? {} : { install }), ...(git === undefined ? {} : { git }) },
    note: `npm kept ${taken.map((name) => `--${name}`).join(', ')} for itself; taken from there. Put -- before the options next time.`,
  };
}

function takeWord(positionals: string[], fits: (word: string) => boolean, option: string): string {
  const places = positionals.flatMap((word, index) => (fits(word) ? [index] : []));
  // A folder may be called "node" too: with several candidates the first is the folder.
  const candidates = places.length > 1 && places[0] === 0 ? places.slice(1) : places;
  const place = candidates[0];
  if (place === undefined || candidates.length > 1) {
    const seen = positionals.length === 0 ? '' : ` among: ${positionals.join(', ')}`;
    throw new Failure(
      'USAGE',
      `npm kept --${option} for itself and its value is not clear${seen}`,
      `Put -- before the options: npm create macp-agent@latest my-agent -- --${option} <value>`,
    );
  }
  return positionals.splice(place, 1)[0] ?? '';
}

function takeLast(positionals: string[]): string {
  const word = positionals.pop();
  if (word === undefined) {
    throw new Failure(
      'USAGE',
      'npm kept --name for itself and no value is left',
      'Put -- before the options: npm create macp-agent@latest my-agent -- --name <name>',
    );
  }
  return word;
}

function isOff(value: string | undefined): boolean {
  return value === '' || value === 'false' || value === 'null';
}

function switchOf(value: string | undefined): boolean | undefined {
  if (value === 'true') return true;
  return isOff(value) ? false : undefined;
}
