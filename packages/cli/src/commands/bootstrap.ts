import { existsSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { convertBootstrap, explainBootstrap, InvalidBootstrapError, loadBootstrap, maskSecrets, type BootstrapForm } from '@macp-agent/core';
import { MacpError } from '@macp-agent/protocol';
import { Option, type Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { EXIT } from '../exit-code.js';

/** `macp bootstrap check | explain | convert`. The environment is left out: a file is judged by what it says. */
export function addBootstrapCommand(program: Command, context: CliContext): void {
  const bootstrap = program.command('bootstrap').description('look at a bootstrap document, in any of its known forms');

  bootstrap
    .command('check')
    .description('list every problem with its path, rule, owner and fix')
    .argument('<file>')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  macp bootstrap check b.json\n\n--json: { ok, problems: [{ path, rule, found, step, fix }], warnings }\nExit codes: 0 it can be used, 2 it cannot',
    )
    .action((file: string, options: { readonly json?: boolean }) => {
      context.json = options.json === true;
      context.exitCode = check(file, context);
    });

  bootstrap
    .command('explain')
    .description('say what an agent would do with it; secrets are never shown')
    .argument('<file>')
    .addHelpText('after', '\nExample:\n  macp bootstrap explain b.json')
    .action((file: string) => {
      context.output.line(explainBootstrap(loadBootstrap(resolve(context.config.cwd, file), { env: {} })));
    });

  bootstrap
    .command('convert')
    .description('write it in another form; what that form cannot hold is listed')
    .argument('<file>')
    .addOption(new Option('--to <form>', 'flat: what agents in use read; nested: the published schema').choices(['flat', 'nested']).makeOptionMandatory())
    .option('-o, --output <file>', 'write here, mode 0600; default: standard output with secrets masked')
    .addHelpText('after', '\nExample:\n  macp bootstrap convert b.json --to flat -o flat.json')
    .action((file: string, options: { readonly to: BootstrapForm; readonly output?: string }) => {
      convert(file, options, context);
    });
}

function check(file: string, { config, output, json }: CliContext): number {
  const path = resolve(config.cwd, file);
  try {
    const { warnings } = loadBootstrap(path, { env: {} });
    const all = [...warnings, ...permissionWarning(path, warnings)];
    if (json) output.json({ ok: true, problems: [], warnings: all });
    else {
      for (const warning of all) output.line(`warning: ${warning}`);
      output.line(`${file} is fine${all.length === 0 ? '' : `, with ${all.length} warning${all.length === 1 ? '' : 's'}`}`);
    }
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof InvalidBootstrapError) || !json) throw error;
    output.json({ ok: false, problems: error.problems, warnings: [] });
    return EXIT.usage;
  }
}

/** A file with a token that others can read; said once, whoever noticed it. */
function permissionWarning(path: string, said: readonly string[]): string[] {
  const open = process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0;
  return open && !said.some((warning) => /chmod|readable|permission/i.test(warning))
    ? [`others can read this file, which holds a token: chmod 600 ${path}`]
    : [];
}

function convert(file: string, options: { readonly to: BootstrapForm; readonly output?: string }, { config, output }: CliContext): void {
  const { document, lost } = convertBootstrap(loadBootstrap(resolve(config.cwd, file), { env: {} }), options.to);
  if (options.output === undefined) {
    output.line(JSON.stringify(maskSecrets(document), undefined, 2));
    output.note('secrets are masked; write the real document with -o <file>');
  } else {
    const target = resolve(config.cwd, options.output);
    // Never over another file: its permissions would stay.
    if (existsSync(target)) throw new MacpError('INVALID_OPTIONS', `${target} exists; choose another name with -o`, { context: { path: target } });
    writeFileSync(target, `${JSON.stringify(document, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
    output.line(target);
  }
  for (const field of lost) output.note(`lost: ${field}`);
}
