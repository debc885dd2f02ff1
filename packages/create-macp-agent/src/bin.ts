import { fileURLToPath } from 'node:url';
import { main } from './main.js';

const cancelled = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => cancelled.abort());

// `create-macp-agent --help | head -1` closes the pipe early; that is no error of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
}

const code = await main({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  packageFolder: fileURLToPath(new URL('..', import.meta.url)),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: cancelled.signal,
});
// Pipes are written asynchronously; exit only when the last byte has left.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
