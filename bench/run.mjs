// `pnpm bench [name …]`: each benchmark in a process of its own, one after another, and at the end the targets that do not hold.
// Figures depend on the machine and on what else it does; ratios inside one run are what counts.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from '../scripts/build.mjs';

const ALL = ['client-cost', 'start-up', 'runtime-cost', 'open-sessions', 'many-sessions', 'fraud-decision', 'batch', 'console'];
const names = process.argv.length > 2 ? process.argv.slice(2) : ALL;
const unknown = names.find((name) => !ALL.includes(name));
if (unknown !== undefined) {
  console.error(`there is no benchmark ${unknown}; there are ${ALL.join(', ')}`);
  process.exit(2);
}
await build();

let output = '';
for (const name of names) {
  const file = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    process.stdout.write(text);
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
}
const missed = output.match(/^ {2}✗ .*$/gm) ?? [];
const held = output.match(/^ {2}✓ .*$/gm) ?? [];
console.log(`\n${held.length} of ${held.length + missed.length} targets hold${missed.length === 0 ? '' : `; not:\n${missed.join('\n')}`}`);
