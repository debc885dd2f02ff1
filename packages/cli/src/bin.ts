import { runCli } from './cli.js';

const interrupt = new AbortController();
const force = new AbortController();

// First: cancel in order. Second: stop at once. The message is what a run gives as its reason.
const stopFor = (reason: string) => (): void => (interrupt.signal.aborted ? force : interrupt).abort(new Error(reason));
process.on('SIGINT', stopFor('cancelled at the terminal'));
process.on('SIGTERM', stopFor('cancelled by SIGTERM'));
// A terminal that closes; agents are in groups of their own and would stay. A runtime reads its tokens again instead.
if (process.argv[2] !== 'runtime') process.on('SIGHUP', stopFor('cancelled by SIGHUP: its terminal was closed'));
// `macp … | head`: nobody reads any more, which is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  interrupt.abort(new Error('cancelled: nobody reads the output any more'));
});

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: interrupt.signal,
  forceSignal: force.signal,
});
// A connection that somebody keeps open must not keep the process.
setTimeout(() => process.exit(), 2_000).unref();
