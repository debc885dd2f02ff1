// Everything that must hold before a change lands: `npx pnpm test`. Extra arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = process.execPath;
const bin = (name, ...args) => ['pnpm', 'exec', name, ...args];

const steps = [
  ['generated modes', [node, 'scripts/generate-modes.mjs', '--check']],
  ['generated codec', [node, 'scripts/generate-proto.mjs', '--check']],
  ['build and types', ['pnpm', 'exec', 'turbo', 'run', 'build', '--output-logs=errors-only']],
  ['documents', [node, 'scripts/generate-docs.mjs', '--check']],
  ['lint', bin('oxlint', '--deny-warnings')],
  ['format', bin('oxfmt', '--check', '.')],
  ['unused code', bin('knip')],
  ['tests', bin('vitest', 'run', ...process.argv.slice(2))],
];

const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };
const failed = [];
const startedMs = Date.now();

for (const [title, [command, ...args]] of steps) {
  console.log(`\n▸ ${title}`);
  const stepMs = Date.now();
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit', shell: process.platform === 'win32' });
  if (error !== undefined) console.error(`${title}: ${command} did not start: ${error.message}`);
  if (status !== 0) failed.push(title);
  console.log(`${status === 0 ? '✓' : '✗'} ${title} (${((Date.now() - stepMs) / 1000).toFixed(1)} s)`);
  // Later steps read what these make.
  if (status !== 0 && title === 'build and types') break;
}

console.log(`\n${steps.length - failed.length} of ${steps.length} checks hold in ${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
