// Our runtime in a process of its own, in development mode; with an argument its log is in that folder.
import { startRuntime } from '@macp-agent/runtime';
import { serveHelper } from './measure.mjs';

const runtime = await startRuntime(process.argv[2] === undefined ? {} : { dataDir: process.argv[2] });
await serveHelper(runtime.address);
await runtime.close(0);
