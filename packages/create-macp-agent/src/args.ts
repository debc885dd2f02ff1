import { parseArgs } from 'node:util';
import { PACKAGE_MANAGERS } from './package-manager.js';
import type { Problem } from './problem.js';
import { suggest } from './suggest.js';
import { ROLES, TEMPLATES } from './templates.js';

export type CommandName = 'create' | 'add' | 'upgrade';

/** What was typed, unchecked except that every option exists and has the right kind of value. */
export interface Flags {
  readonly command: CommandName;
  /** Folders; the command itself and its agent are not among them. */
  readonly positionals: readonly string[];
  readonly template?: string;
  readonly role?: string;
  readonly name?: string;
  readonly pm?: string;
  readonly vendor?: string;
  readonly install?: boolean;
  readonly git?: boolean;
  readonly yes: boolean;
  readonly force: boolean;
  readonly plan: boolean;
  readonly json: boolean;
  readonly listTemplates: boolean;
  readonly help: boolean;
  readonly version: boolean;
  /** The agent that `add` adds to a project of ours. */
  readonly agent?: string;
  /** How the scaffolder was started, when not through npm create; for the commands it recommends. */
  readonly calledAs?: string;
}

/** The command line as far as it could be read, and all that is wrong with it. */
export interface TypedLine {
  readonly flags: Flags;
  readonly problems: readonly Problem[];
}

const OPTIONS = {
  template: { type: 'string', short: 't' },
  role: { type: 'string', short: 'r' },
  name: { type: 'string', short: 'n' },
  pm: { type: 'string' },
  vendor: { type: 'string' },
  'called-as': { type: 'string' },
  install: { type: 'boolean' },
  'no-install': { type: 'boolean' },
  git: { type: 'boolean' },
  'no-git': { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  force: { type: 'boolean' },
  plan: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
  'list-templates': { type: 'boolean' },
  add: { type: 'boolean' },
  upgrade: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;
type OptionName = keyof typeof OPTIONS;
type TextOption = 'template' | 'role' | 'name' | 'pm' | 'vendor' | 'called-as';

/** What an option may be given, for whoever left it out. */
const VALUES: Record<TextOption, { readonly allowed?: readonly string[]; readonly example: string }> = {
  template: { allowed: TEMPLATES.map(({ id }) => id), example: '--template langgraph' },
  role: { allowed: ROLES, example: '--role evaluator' },
  pm: { allowed: PACKAGE_MANAGERS, example: '--pm pnpm' },
  name: { example: '--name my-agent' },
  vendor: { example: '--vendor ../tarballs' },
  'called-as': { example: '--called-as "npx pnpm create-agent"' },
};
/** For scripts of ours, not for people. */
const UNLISTED = new Set(['called-as']);

/** Whether JSON was asked for, readable even when the rest of the line is wrong. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}

/** Reads the command line; unknown options, missing values and values where none belongs are collected. */
export function readArgs(argv: readonly string[]): TypedLine {
  const { tokens, positionals } = parseArgs({ args: [...argv], options: OPTIONS, strict: false, allowPositionals: true, tokens: true });
  const problems: Problem[] = [];
  const texts = new Map<OptionName, string>();
  const switches = new Map<string, boolean>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (!isOption(token.name)) problems.push(unknownOption(token.rawName));
    else if (isText(token.name)) {
      // Not strict, the parser would take the next option for the value.
      const isNext = token.value?.startsWith('-') === true && !token.inlineValue;
      if (token.value === undefined || token.value === '' || isNext) {
        problems.push({ code: 'USAGE', argument: token.rawName, rule: 'it needs a value', ...VALUES[token.name] });
      } else texts.set(token.name, token.value);
    } else if (token.value === undefined) switches.set(token.name.replace(/^no-/, ''), !token.name.startsWith('no-'));
    else problems.push({ code: 'USAGE', argument: `${token.rawName}=${token.value}`, rule: 'it takes no value', example: token.rawName });
  }
  const on = (name: string): boolean => switches.get(name) ?? false;
  const text = (name: Exclude<TextOption, 'called-as'>): { [key in typeof name]?: string } => {
    const value = texts.get(name);
    return value === undefined ? {} : { [name]: value };
  };
  const install = switches.get('install');
  const git = switches.get('git');
  const calledAs = texts.get('called-as');
  const flags: Flags = {
    ...readCommand(positionals, on('add'), on('upgrade')),
    ...text('template'),
    ...text('role'),
    ...text('name'),
    ...text('pm'),
    ...text('vendor'),
    ...(calledAs === undefined ? {} : { calledAs }),
    ...(install === undefined ? {} : { install }),
    ...(git === undefined ? {} : { git }),
    yes: on('yes'),
    force: on('force'),
    plan: on('plan') || on('dry-run'),
    json: on('json'),
    listTemplates: on('list-templates'),
    help: on('help'),
    version: on('version'),
  };
  return { flags, problems };
}

/** `add [agent] [folder]`, `upgrade [folder]`, `--add [folder]`, `--upgrade [folder]`, or the folder of a new project. */
function readCommand(words: readonly string[], add: boolean, upgrade: boolean): Pick<Flags, 'command' | 'positionals' | 'agent'> {
  if (upgrade) return { command: 'upgrade', positionals: words };
  if (add) return { command: 'add', positionals: words };
  const [first, ...rest] = words;
  if (first === 'upgrade') return { command: 'upgrade', positionals: rest };
  if (first !== 'add') return { command: 'create', positionals: words };
  const [agent, ...folders] = rest;
  return { command: 'add', positionals: folders, ...(agent === undefined ? {} : { agent }) };
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

function isText(name: OptionName): name is TextOption {
  return OPTIONS[name].type === 'string';
}

function unknownOption(rawName: string): Problem {
  const known = Object.keys(OPTIONS).filter((name) => !UNLISTED.has(name));
  const near = suggest(rawName.replace(/^-+/, ''), known);
  const nearText = near !== undefined && isOption(near) && isText(near) ? VALUES[near].example : `--${near}`;
  return {
    code: 'USAGE',
    argument: rawName,
    rule: 'unknown option',
    ...(near === undefined ? { allowed: known.map((name) => `--${name}`) } : { didYouMean: `--${near}` }),
    example: near === undefined ? '--help' : nearText,
  };
}
