import type { Command } from 'commander';
import { didYouMean } from '@macp-agent/scenarios';
import type { UsageProblems } from './usage-problems.js';

/**
 * The one argument of a command that lets unknown options and further words through: each of them is noted. The word after an
 * unknown option may be its value and is passed over, unless nothing else could be the argument.
 */
export function noteStrayWords(command: Command, problems: UsageProblems): string | undefined {
  const flags = command.options.flatMap(({ long, short }) => [long, short].filter((flag) => typeof flag === 'string'));
  const words: string[] = [];
  const values: string[] = [];
  command.args.forEach((word, index) => {
    if (word.startsWith('-') && word !== '-') {
      const [name = word] = word.split('=');
      problems.add(name, `unknown option ${name}.${didYouMean(name, flags)} macp ${command.name()} --help lists them`);
    } else if (/^-[^=]*$/.test(command.args[index - 1] ?? '')) values.push(word);
    else words.push(word);
  });
  const [argument = values[0], ...others] = words;
  for (const word of others) problems.add(word, `${word} is one word too many: ${command.name()} takes ${argument}`);
  return argument;
}
