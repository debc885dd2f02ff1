import { parseArgs } from 'node:util';
import { Failure } from './failure.js';
import { suggest } from './suggest.js';

/** What was typed, unchecked except that every option exists and has the right kind of value. */
export interface Flags {
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
  readonly add: boolean;
  readonly upgrade: boolean;
}

const OPTIONS = {
  template: { type: 'string', short: 't' },
  role: { type: 'string', short: 'r' },
  name: { type: 'string', short: 'n' },
  pm: { type: 'string' },
  vendor: { type: 'string' },
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

/** Whether JSON was asked for, readable even when the rest of the line is wrong. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}

/** Reads the command line. Throws USAGE for an unknown option, a missing value or a value where none belongs. */
export function readArgs(argv: readonly string[]): Flags {
  const { tokens, positionals } = parseArgs({ args: [...argv], options: OPTIONS, strict: false, allowPositionals: true, tokens: true });
  const texts = new Map<OptionName, string>();
  const switches = new Map<string, boolean>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (!isOption(token.name)) throw unknownOption(token.rawName);
    if (OPTIONS[token.name].type === 'string') {
      // Not strict, the parser would take the next option for the value.
      const isNext = token.value?.startsWith('-') === true && !token.inlineValue;
      if (token.value === undefined || token.value === '' || isNext) {
        throw new Failure('USAGE', `${token.rawName} needs a value`, 'Run with --help for the list of options.');
      }
      texts.set(token.name, token.value);
    } else {
      if (token.value !== undefined) throw new Failure('USAGE', `${token.rawName} takes no value`, `Write ${token.rawName} or --no-${token.name} alone.`);
      switches.set(token.name.replace(/^no-/, ''), !token.name.startsWith('no-'));
    }
  }
  const on = (name: string): boolean => switches.get(name) ?? false;
  const text = (name: 'template' | 'role' | 'name' | 'pm' | 'vendor'): { [key in typeof name]?: string } => {
    const value = texts.get(name);
    return value === undefined ? {} : { [name]: value };
  };
  const install = switches.get('install');
  const git = switches.get('git');
  return {
    positionals,
    ...text('template'),
    ...text('role'),
    ...text('name'),
    ...text('pm'),
    ...text('vendor'),
    ...(install === undefined ? {} : { install }),
    ...(git === undefined ? {} : { git }),
    yes: on('yes'),
    force: on('force'),
    plan: on('plan') || on('dry-run'),
    json: on('json'),
    listTemplates: on('list-templates'),
    add: on('add'),
    upgrade: on('upgrade'),
    help: on('help'),
    version: on('version'),
  };
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

function unknownOption(rawName: string): Failure {
  const near = suggest(rawName.replace(/^-+/, ''), Object.keys(OPTIONS));
  const meant = near === undefined ? '' : `did you mean --${near}? `;
  return new Failure('USAGE', `unknown option ${rawName}`, `${meant}Run with --help for the list of options.`);
}
