// `npx pnpm examples`: builds what is not built yet and runs every example that has a `start` script. Each asserts what it shows, so its
// exit code is the verdict; one that takes longer than its time fails. Names after the command run only those; `--no-build` builds nothing.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { build, root } from './build.mjs';

const LIMIT_MS = 60_000;
const folder = join(root, 'examples');
const words = process.argv.slice(2).filter((word) => word !== '--');
const wanted = words.filter((word) => word !== '--no-build');

const all = [...storiesIn(''), ...storiesIn('modes')];
const unknown = wanted.filter((name) => !all.some((story) => story.name === name));
if (unknown.length > 0) {
  console.error(`no example ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
try {
  if (!words.includes('--no-build')) await build('./examples/**');
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

let failures = 0;
const stories = wanted.length === 0 ? all : all.filter(({ name }) => wanted.includes(name));
for (const story of stories) {
  const startedMs = Date.now();
  const { code, output } = await run(story);
  if (code !== 0) failures += 1;
  console.log(`${code === 0 ? '✓' : '✗'} ${story.name} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)`);
  if (code !== 0) console.error(`${output.trimEnd()}\n${story.name} ended with ${code ?? `nothing in ${LIMIT_MS / 1000} s`}: ${story.start}`);
}
console.log(`${stories.length - failures} of ${stories.length} examples show what they say`);
process.exitCode = failures === 0 ? 0 : 1;

function storiesIn(parent) {
  return readdirSync(join(folder, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, parent, entry.name, 'package.json')))
    .map((entry) => ({ name: join(parent, entry.name).replaceAll('\\', '/'), cwd: join(folder, parent, entry.name) }))
    .map((story) => ({ ...story, start: JSON.parse(readFileSync(join(story.cwd, 'package.json'), 'utf8')).scripts?.start }))
    .filter(({ start }) => start !== undefined);
}

/** As `npm start` does, without npm: the script in a shell that finds the programs of the example. A code of null means: out of time. */
function run({ cwd, start }) {
  return new Promise((resolve, reject) => {
    const child = spawn(start, {
      cwd,
      shell: true,
      // A group of its own, so that the time limit ends what the example has started too.
      detached: process.platform !== 'win32',
      env: { ...process.env, PATH: `${join(cwd, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output = (output + text).slice(-20_000)));
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
    }, LIMIT_MS);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: late ? null : (code ?? signal), output });
    });
  });
}
