import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { findScenario, listScenarioRefs, type Scenario } from '@macp-agent/scenarios';
import type { CliContext } from '../cli-context.js';
import { EXIT } from '../exit-code.js';
import { collect } from '../option-values.js';
import { defaultWords } from '../scenario/default-words.js';
import { openCatalog, openFolder, openScenario } from '../run/load-scenario-source.js';
import { lintScenario } from '../scenario/lint-scenario.js';
import { inputTypes } from '../scenario/input-types.js';
import { newScenario } from '../scenario/new-scenario.js';

/** `macp scenario list | lint | new | types`. */
export function addScenarioCommand(program: Command, context: CliContext): void {
  const scenario = program.command('scenario').description('list, check and write scenarios');

  scenario
    .command('list')
    .description('what there is to run')
    .option('--packs <dir>', 'look here for packs first (repeatable)', collect)
    .option('--json', 'print one JSON object per scenario')
    .addHelpText(
      'after',
      `
Example:
  macp scenario list --json | jq -r .ref

Searched: --packs, MACP_PACKS_DIR, ./packs, ./examples, then the packs that come
with macp. Of two packs with one name the first counts.
Each line of --json: { ref, name, summary, templates, tags, policyVersion,
agentRefs }, or { ref, error }`,
    )
    .action((options: { readonly packs?: readonly string[]; readonly json?: boolean }) => list(options, context));

  scenario
    .command('lint')
    .description('check packs: structure, inputs, placeholders, policies, agents, expectations')
    .argument('[what...]', 'packs roots, packs, references or scenario.yaml files; default: packs, examples and scenario.yaml where they are')
    .option('--json', 'print one JSON object per finding')
    .addHelpText(
      'after',
      '\nExamples:\n  macp scenario lint packs\n  macp scenario lint fraud/high-value-new-device@1.0.0 --json\n\nEach line of --json: { scenario, level: "error" or "warning", text }\nExit codes: 0 no error, 1 errors, 2 nothing to check',
    )
    .action((what: string[], options: { readonly json?: boolean }) => {
      context.json = options.json === true;
      context.exitCode = lint(what.length > 0 ? what : defaultWords(context.config), context);
    });

  scenario
    .command('new')
    .description('write a scenario to start from')
    .argument('<pack>')
    .argument('<scenario>')
    .option('--scenario-version <version>', 'its version', '1.0.0')
    .option('--dir <dir>', 'the packs root', 'packs')
    .addHelpText('after', '\nExample:\n  macp scenario new refunds large-refund\n\nPrints the files written; nothing is written over.')
    .action((pack: string, name: string, options: { readonly scenarioVersion: string; readonly dir: string }) => {
      const written = newScenario(resolve(context.config.cwd, options.dir), pack, name, options.scenarioVersion);
      for (const file of written.files) context.output.line(file);
      context.output.note(`next: macp scenario lint ${options.dir}, then macp run ${written.ref} --packs ${options.dir}`);
    });

  scenario
    .command('types')
    .description('TypeScript types of the inputs, and of what agents read')
    .argument('<scenario>', 'a reference, or the path of a scenario.yaml')
    .option('--packs <dir>', 'look here for packs first (repeatable)', collect)
    .option('-o, --output <file>', 'write here instead of standard output')
    .addHelpText('after', '\nExample:\n  macp scenario types scenario.yaml -o src/inputs.ts')
    .action((word: string, options: { readonly packs?: readonly string[]; readonly output?: string }) => {
      const text = inputTypes(openScenario(context.config, word, options.packs));
      if (options.output === undefined) context.output.line(text);
      else writeFileSync(resolve(context.config.cwd, options.output), `${text}\n`);
    });
}

function list(options: { readonly packs?: readonly string[]; readonly json?: boolean }, { config, output }: CliContext): void {
  const catalog = openCatalog(config, options.packs);
  for (const ref of listScenarioRefs(catalog)) {
    const scenario = read(() => findScenario(catalog, ref));
    if (scenario instanceof Error) {
      if (options.json === true) output.json({ ref, error: scenario.message });
      else output.line(`${ref}  ${output.colors.red('is not valid: macp scenario lint says why')}`);
      continue;
    }
    const { metadata, spec } = scenario.document;
    const templates = [...new Set(['default', ...scenario.templates.keys()])];
    if (options.json === true) {
      output.json({
        ref,
        name: metadata.name,
        summary: metadata.summary ?? '',
        templates,
        tags: metadata.tags ?? [],
        policyVersion: spec.launch.policyVersion ?? '',
        agentRefs: spec.launch.participants.map(({ agentRef }) => agentRef),
      });
    } else {
      output.line(`${output.colors.bold(ref)}  ${metadata.name}`);
      output.line(`    templates: ${templates.join(', ')}`);
    }
  }
  for (const warning of catalog.warnings.filter((text) => !text.includes('has no pack.yaml'))) output.note(`warning: ${warning}`);
}

function lint(what: readonly string[], { config, output, json }: CliContext): number {
  let errors = 0;
  let scenarios = 0;
  const say = (ref: string, level: 'error' | 'warning', text: string): void => {
    if (level === 'error') errors += 1;
    if (json) output.json({ scenario: ref, level, text });
    else output.line(`${level === 'error' ? output.colors.red('error  ') : output.colors.yellow('warning')}  ${ref}  ${text}`);
  };
  for (const word of what) {
    const catalog = openFolder(resolve(config.cwd, word));
    // A folder beside the packs need not be one.
    for (const warning of catalog?.warnings ?? []) if (!warning.includes('has no pack.yaml')) say(word, 'error', warning);
    for (const ref of catalog === undefined ? [word] : listScenarioRefs(catalog)) {
      scenarios += 1;
      const scenario = read(() => (catalog === undefined ? openScenario(config, word) : findScenario(catalog, ref)));
      if (scenario instanceof Error) say(ref, 'error', scenario.message);
      else for (const { level, text } of lintScenario(scenario)) say(scenario.ref, level, text);
    }
  }
  if (!json) output.line(`${scenarios} scenario${scenarios === 1 ? '' : 's'}, ${errors} error${errors === 1 ? '' : 's'}`);
  return errors === 0 ? EXIT.ok : EXIT.failed;
}

function read(load: () => Scenario): Scenario | Error {
  try {
    return load();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
