import type { Readable, Writable } from 'node:stream';
import { confirm, intro, select, text } from '@clack/prompts';
import { Failure } from './failure.js';
import { TEMPLATES } from './templates.js';

/** The terminal the questions are asked on. Only built when both ends are terminals: off one, the library waits for ever. */
export interface Asker {
  begin(title: string): void;
  folder(suggested: string, problem: (typed: string) => string | undefined): Promise<string>;
  template(): Promise<string>;
  install(command: string): Promise<boolean>;
}

export function createAsker(input: Readable, output: Writable, signal: AbortSignal): Asker {
  const common = { input, output, signal };
  return {
    begin: (title) => intro(title, common),
    async folder(suggested, problem) {
      const answer = await text({
        ...common,
        message: 'Where should the project go?',
        placeholder: suggested,
        defaultValue: suggested,
        // The library validates before it fills in the default, so an empty line stands for the suggestion here.
        validate: (typed) => problem(typed === undefined || typed === '' ? suggested : typed),
      });
      return settled<string>(answer);
    },
    async template() {
      const options = TEMPLATES.map(({ id, title, hint }) => ({ value: id, label: title, hint }));
      return settled<string>(await select({ ...common, message: 'Which framework?', options, initialValue: options[0]?.value ?? '', showInstructions: false }));
    },
    async install(command) {
      return settled<boolean>(await confirm({ ...common, message: `Run ${command} now?`, initialValue: false }));
    },
  };
}

function settled<T extends string | boolean>(answer: T | symbol): T {
  if (typeof answer === 'symbol') throw new Failure('CANCELLED', 'cancelled; nothing was written');
  return answer;
}
