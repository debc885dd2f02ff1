// `pnpm soak [stream-cuts | kill-runtime] [rounds] [first round]`: cut connections 500 times and kill the runtime 200 times, and look whether
// anything was lost. Each prints its progress; the rounds of stream-cuts and kill-runtime are seeded by their number, so go on, or
// play one again, by naming it.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

const ALL = ['stream-cuts', 'kill-runtime'];
const [name, ...args] = process.argv.slice(2);
if (name !== undefined && !ALL.includes(name)) {
  console.error(`there is no soak ${name}; there are ${ALL.join(' and ')}`);
  process.exit(2);
}
await build('@macp-agent/core', '@macp-agent/runtime');
for (const one of name === undefined ? ALL : [name]) {
  console.log(`\n▸ ${one}`);
  const child = spawn(process.execPath, [fileURLToPath(new URL(`../packages/core/soak/${one}.mjs`, import.meta.url)), ...args], { stdio: 'inherit' });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) process.exitCode = 1;
}
