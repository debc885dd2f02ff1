import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { loadRuntimeConfig } from './load-runtime-config.js';
import { runRuntimeProcess } from './run-runtime-process.js';

// What the library would print is in the error that follows.
setLogVerbosity(logVerbosity.NONE);

let code: number;
try {
  code = await runRuntimeProcess(loadRuntimeConfig(process.env));
} catch (error) {
  process.stderr.write(`macp-runtime: ${error instanceof Error ? error.message : String(error)}\n`);
  code = 1;
}
// A client that keeps its connection open must not keep the process.
process.exit(code);
