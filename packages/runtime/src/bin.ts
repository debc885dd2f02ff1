import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { HELP, readArguments } from './bin-arguments.js';
import { loadRuntimeConfig } from './load-runtime-config.js';
import { runRuntimeProcess } from './run-runtime-process.js';
import { RUNTIME_VERSION } from './version.js';

// What the library would print is in the error that follows.
setLogVerbosity(logVerbosity.NONE);

// A client that keeps its connection open must not keep the process.
process.exit(await main());

async function main(): Promise<number> {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted.do === 'help') process.stdout.write(HELP);
  else if (wanted.do === 'version') process.stdout.write(`macp-runtime ${RUNTIME_VERSION}\n`);
  else if (wanted.do === 'refuse') process.stderr.write(`macp-runtime: ${wanted.problem}\n`);
  if (wanted.do !== 'run') return wanted.do === 'refuse' ? 2 : 0;
  try {
    return await runRuntimeProcess(loadRuntimeConfig(process.env));
  } catch (error) {
    process.stderr.write(`macp-runtime: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
