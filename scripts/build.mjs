import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** What turbo says when a package is not built yet. */
const STARTED = /^(\S+):build: cache (?:miss|bypass)/;

/**
 * Builds the workspace. Progress on stderr: one line that changes at a terminal, a line per package elsewhere, nothing when everything
 * is built; turbo's own output only when it fails. Throws an Error then.
 */
export async function build(...filters) {
  const started = Date.now();
  const progress = startProgress(process.stderr);
  const child = spawn(
    'pnpm',
    ['exec', 'turbo', 'run', 'build', '--output-logs=new-only', '--log-order=stream', ...filters.map((name) => `--filter=${name}...`)],
    {
      cwd: root,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    },
  );
  let output = '';
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const [, name] = STARTED.exec(line) ?? [];
      if (name !== undefined) progress.building(name);
    }
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      // Enough to see what failed; a build never needs more.
      output = (output + text).slice(-200_000);
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', (error) => reject(error.code === 'ENOENT' ? new Error('pnpm was not found; start this as npx pnpm <script>') : error));
    child.once('close', resolve);
  }).finally(() => progress.end());
  if (code !== 0) throw new Error(`the build failed:\n${output}`);
  progress.done(((Date.now() - started) / 1000).toFixed(1));
}

function startProgress(stream) {
  const tty = stream.isTTY === true;
  let built = 0;
  const show = (text) => stream.write(tty ? `\r\x1b[K${text.slice(0, Math.max(1, (stream.columns || 80) - 1))}` : `${text}\n`);
  if (tty) show('building the workspace …');
  return {
    building(name) {
      if (built === 0 && !tty) show('building the workspace (about 15 s the first time)');
      built += 1;
      show(`${tty ? 'building' : '  building'} ${name} …`);
    },
    end() {
      if (tty) stream.write('\r\x1b[K');
    },
    done(seconds) {
      if (tty || built > 0) stream.write(`built in ${seconds} s\n`);
    },
  };
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
