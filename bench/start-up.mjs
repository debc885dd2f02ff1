// Process spawn to first acknowledged envelope: our SDK beside a raw grpc-js client.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median, startHelper } from './measure.mjs';

const stub = await startHelper('./stub-server.mjs');
const cases = ['raw-first-call.mjs', 'sdk-first-call.mjs'];
const times = Object.fromEntries(cases.map((name) => [name, []]));
for (let round = 0; round < 11; round += 1) {
  for (const name of cases) {
    const started = process.hrtime.bigint();
    const child = spawn(process.execPath, [fileURLToPath(new URL(name, import.meta.url)), `127.0.0.1:${stub.first}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve, reject) => {
      child.stdout.once('data', resolve);
      child.once('exit', (code) => reject(new Error(`${name} ended with ${code} before its first acknowledgement`)));
    });
    const ms = Number(process.hrtime.bigint() - started) / 1e6;
    await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve()));
    if (round > 0) times[name].push(ms);
  }
}
const base = median(times['raw-first-call.mjs']);
console.log('\nspawn to first acknowledged envelope');
for (const name of cases) console.log(`  ${name.padEnd(34)} ${median(times[name]).toFixed(0).padStart(6)} ms   ${(median(times[name]) / base).toFixed(2)} ×`);
stub.close();
