// The reference runtime with its file store, in development mode, behind the same questions as the other helpers.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { rawClient } from './raw-client.mjs';

const [command, dataDir] = process.argv.slice(2);
const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port: free } = probe.address();
    probe.close(() => resolve(free));
  });
});
const address = `127.0.0.1:${port}`;
const env = {
  PATH: process.env.PATH,
  MACP_BIND_ADDR: address,
  MACP_ALLOW_INSECURE: '1',
  MACP_DATA_DIR: dataDir,
  MACP_SESSION_START_LIMIT_PER_MINUTE: '1000000',
  MACP_MESSAGE_LIMIT_PER_MINUTE: '100000000',
  MACP_CONCURRENCY_LIMIT_PER_CONNECTION: '1000',
  RUST_LOG: 'error',
};
const child = spawn(command, [], { env, cwd: dataDir, stdio: 'ignore' });
process.once('exit', () => child.kill('SIGKILL'));

const endMs = Date.now() + 20_000;
for (;;) {
  if (child.exitCode !== null || Date.now() > endMs) throw new Error(`the reference runtime did not start on ${address}`);
  const client = rawClient(address);
  const answered = await client.send({ messageType: '', messageId: '' }).then(
    () => true,
    (error) => !('code' in error),
  );
  client.close();
  if (answered) break;
  await wait(50);
}

/** User and system time in ticks of 10 ms: a round must be long enough for them. */
function cpuMicros() {
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
console.log(address);
for await (const what of createInterface({ input: process.stdin })) console.log(what === 'cpu' ? cpuMicros() : Number.NaN);
child.kill('SIGKILL');
process.exit(0);
