// Process spawn to first acknowledged envelope: our SDK beside a raw grpc-js client.
import { interleave, ratio, startHelper, table, target } from './measure.mjs';

const stub = await startHelper('./stub-server.mjs');
const firstCall = (file) => async () => {
  const startedMs = performance.now();
  const child = await startHelper(file, stub.first);
  const ms = performance.now() - startedMs;
  await child.close();
  return { ms, cpuMs: Number(child.first) };
};
const cases = { 'raw grpc-js client': firstCall('./raw-first-call.mjs'), '@macp-agent/core': firstCall('./sdk-first-call.mjs') };
const results = await interleave(cases, 15);
table('spawn to first acknowledged envelope', results, { ms: 'ms', cpuMs: 'ms CPU' });
const [base, ours] = Object.keys(cases);
target('spawn to first acknowledged envelope', ratio(results, ours, base, 'ms'), { most: 1.3 });
await stub.close();
