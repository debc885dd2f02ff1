import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Builds the workspace with one line of progress; turbo's own output only when it fails. Throws an Error then. */
export async function build(...filters) {
  const started = Date.now();
  const tty = process.stderr.isTTY === true;
  if (tty) process.stderr.write('building the workspace (about 15 s the first time) …');
  const child = spawn('pnpm', ['exec', 'turbo', 'run', 'build', '--output-logs=errors-only', ...filters.map((name) => `--filter=${name}...`)], {
    cwd: root,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      // Enough to see what failed; a build never needs more.
      output = (output + text).slice(-200_000);
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (tty) process.stderr.write('\r\x1b[K');
  if (code !== 0) throw new Error(`the build failed:\n${output}`);
  if (tty) process.stderr.write(`built in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

// `npx pnpm build`
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build(...process.argv.slice(2));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
