import { Argument, type Command } from 'commander';
import { findScenario, listScenarioRefs } from '@macp-agent/scenarios';
import type { CliContext } from '../cli-context.js';
import { openCatalog } from '../run/load-scenario-source.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** `macp completion <shell>`: the script; and the hidden `macp __complete`, which it asks for words. */
export function addCompletionCommand(program: Command, context: CliContext): void {
  program
    .command('completion')
    .description('print a script that completes commands, options, scenarios and templates')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  source <(macp completion bash)                  # this shell, or in ~/.bashrc
  source <(macp completion zsh)                   # this shell, or in ~/.zshrc
  macp completion fish > ~/.config/fish/completions/macp.fish`,
    )
    .action((shell: (typeof SHELLS)[number]) => context.output.line(SCRIPTS[shell]));

  program
    .command('__complete', { hidden: true })
    .argument('[words...]', 'what was typed after macp; the last one is to be completed')
    .allowUnknownOption()
    .helpOption(false)
    .action((words: string[]) => {
      for (const word of complete(program, words, context)) context.output.line(word);
    });
}

/** What may stand in the place of the last word. */
export function complete(program: Command, words: readonly string[], context: CliContext): string[] {
  const before = words.slice(0, -1);
  const typed = words.at(-1) ?? '';
  let command = program;
  for (const word of before) {
    const below = command.commands.find((one) => one.name() === word);
    if (below === undefined) break;
    command = below;
  }
  return candidates(command, before, typed, context)
    .filter((word) => word.startsWith(typed))
    .toSorted();
}

function candidates(command: Command, before: readonly string[], typed: string, context: CliContext): string[] {
  const option = command.options.find(({ long, short, required, optional }) => (required || optional) && [long, short].includes(before.at(-1)));
  if (option !== undefined) return valuesOf(option.long ?? '', option.argChoices, before, context);
  if (typed.startsWith('-'))
    return command.options
      .filter(({ hidden }) => !hidden)
      .flatMap(({ long }) => long ?? [])
      .concat('--help');
  const names = command.commands.map((one) => one.name()).filter((name) => !name.startsWith('_'));
  if (names.length > 0) return command.parent === null ? [...names, 'help'] : names;
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  return choices.length > 0 ? choices : SCENARIO_COMMANDS.has(pathOf(command)) ? scenarioRefs(context) : [];
}

const SCENARIO_COMMANDS = new Set(['run', 'test', 'scenario lint', 'scenario types']);

function pathOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`;
}

function valuesOf(option: string, choices: readonly string[] | undefined, before: readonly string[], context: CliContext): string[] {
  if (choices !== undefined) return [...choices];
  if (option === '--scenario') return scenarioRefs(context);
  // A file or folder: the shell's own completion knows those better.
  return option === '--template' ? templates(before, context) : [];
}

const scenarioRefs = ({ config }: CliContext): string[] => listScenarioRefs(openCatalog(config));

/** Templates of the scenario that was typed. */
function templates(before: readonly string[], { config }: CliContext): string[] {
  const catalog = openCatalog(config);
  const ref = before.find((word) => listScenarioRefs(catalog).includes(word));
  return ref === undefined ? [] : [...new Set(['default', ...findScenario(catalog, ref).templates.keys()])];
}

// `@` and `/` belong to the word; where nothing is offered the shell completes files.
const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: `_macp() {
  local IFS=$'\\n'
  COMPREPLY=($(macp __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
COMP_WORDBREAKS=\${COMP_WORDBREAKS//@/}
COMP_WORDBREAKS=\${COMP_WORDBREAKS//:/}
complete -o default -F _macp macp`,
  zsh: `#compdef macp
_macp() {
  local -a found
  found=("\${(@f)$(macp __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then compadd -a found; else _files; fi
}
compdef _macp macp`,
  fish: `complete -c macp -a '(macp __complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
};
