import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LEAD, TestClient } from './client.test.support.js';
import { RuntimeProcess } from './process.test.support.js';
import { RUNTIME_VERSION } from './version.js';

const DEV = { MACP_ALLOW_INSECURE: '1', MACP_MEMORY_ONLY: '1' };
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'macp-env-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

it('has the version of its package', async () => {
  const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  expect(RUNTIME_VERSION).toBe(manifest.version);
});

it.each(['SIGINT', 'SIGTERM'] as const)('names version and address, logs senders, and ends with exit code 0 on %s while a stream is open', async (signal) => {
  await using runtime = new RuntimeProcess(DEV);
  using client = new TestClient(await runtime.address());
  await runtime.says(new RegExp(`macp-runtime ${RUNTIME_VERSION} listening`));
  const { id } = await client.start();
  await runtime.says(/SessionStart accepted, initiator_sender=agent:\/\/lead/);
  await client.propose(id);
  await runtime.says(/accepted Proposal .*sender=agent:\/\/lead/);
  const stream = client.subscribe(id);
  await stream.take(2);
  runtime.child.kill(signal);
  expect((await stream.ended()).code).toBe(status.UNAVAILABLE);
  expect(await runtime.exit).toBe(0);
  expect(runtime.stderr).toBe('');
});

it.each(['warn', 'error'])('tells its address even when RUST_LOG=%s hides all else', async (level) => {
  await using runtime = new RuntimeProcess({ ...DEV, RUST_LOG: level });
  using client = new TestClient(await runtime.address());
  await client.start();
  expect(runtime.stdout).not.toContain('SessionStart accepted');
});

it('writes its last lines in the order in which they happened', async () => {
  await using runtime = new RuntimeProcess(DEV);
  await runtime.address();
  runtime.child.kill('SIGTERM');
  expect(await runtime.exit).toBe(0);
  const said = runtime.stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(said.slice(-2)).toEqual(['stopping', 'stopped']);
});

it('refuses to start with the name of the variable on stderr and exit code 1', async () => {
  const policies = join(dir, 'policies');
  await mkdir(policies);
  await writeFile(join(policies, 'bad.json'), '{"policy_id":"p"}');
  const cases: [string, Record<string, string>][] = [
    ['MACP_BIND_ADDR', { ...DEV, MACP_BIND_ADDR: 'localhost:1' }],
    ['MACP_AUTH_TOKENS_FILE', { MACP_MEMORY_ONLY: '1' }],
    ['MACP_TLS_CERT_PATH', { MACP_MEMORY_ONLY: '1', MACP_AUTH_TOKENS_JSON: '[{"token":"t","sender":"s"}]' }],
    ['MACP_POLICIES_DIR', { ...DEV, MACP_POLICIES_DIR: policies }],
    ['MACP_STORAGE_BACKEND', { ...DEV, MACP_STORAGE_BACKEND: 'rocksdb' }],
    ['MACP_DATA_DIR', { MACP_ALLOW_INSECURE: '1', MACP_DATA_DIR: '/dev/null/data' }],
  ];
  await Promise.all(
    cases.map(async ([variable, env]) => {
      await using runtime = new RuntimeProcess(env);
      expect({ variable, code: await runtime.exit, said: runtime.stderr }).toEqual({ variable, code: 1, said: expect.stringContaining(variable) });
    }),
  );
});

it.each([
  [['--help'], 0, /^Usage: macp-runtime[\s\S]+MACP_BIND_ADDR[\s\S]+docs\/reference\/runtime\.md/, ''],
  [['-h', 'more'], 0, /^Usage: macp-runtime/, ''],
  [['--version'], 0, new RegExp(`^macp-runtime ${RUNTIME_VERSION}\\n$`), ''],
  [['--port', '1'], 2, /^$/, 'unknown argument --port 1; it is configured by the environment'],
  [['serve'], 2, /^$/, 'unknown argument serve'],
])('answers %j without starting, whatever the environment', async (args, code, stdout, stderr) => {
  await using runtime = new RuntimeProcess({ MACP_BIND_ADDR: 'nowhere' }, { words: args });
  expect(await runtime.exit).toBe(code);
  expect(runtime.stdout).toMatch(stdout);
  expect(runtime.stderr).toContain(stderr);
  expect(runtime.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

it('names the address when it is taken', async () => {
  await using first = new RuntimeProcess(DEV);
  await using second = new RuntimeProcess({ ...DEV, MACP_BIND_ADDR: await first.address() });
  expect(await second.exit).toBe(1);
  expect(second.stderr).toContain('MACP_BIND_ADDR');
});

it('reads the token file again on SIGHUP, and keeps the old map when the file is broken', async () => {
  const file = join(dir, 'tokens.json');
  const write = (token: string) => writeFile(file, JSON.stringify([{ token, sender: LEAD }]));
  await write('old');
  await using runtime = new RuntimeProcess({ ...DEV, MACP_AUTH_TOKENS_FILE: file });
  using client = new TestClient(await runtime.address());
  await client.call('ListSessions', {}, 'old');
  await writeFile(file, '[{"token":');
  runtime.child.kill('SIGHUP');
  await runtime.says(/tokens stay as they were/);
  await client.call('ListSessions', {}, 'old');
  await write('new');
  runtime.child.kill('SIGHUP');
  await runtime.says(/1 tokens read/);
  await client.call('ListSessions', {}, 'new');
  await expect(client.call('ListSessions', {}, 'old')).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
});

it('serves metrics over a connection that it closes', async () => {
  await using runtime = new RuntimeProcess({ ...DEV, MACP_METRICS_ADDR: '127.0.0.1:0' });
  using client = new TestClient(await runtime.address());
  const { id } = await client.start();
  await client.propose(id);
  await client.commit(id);
  const [, address] = await runtime.says(/metrics on ([\d.]+:\d+)/);
  const response = await fetch(`http://${address}/anything`);
  expect(response.headers.get('connection')).toBe('close');
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
  const text = await response.text();
  expect(text).toContain('macp_messages_accepted_total{mode="macp.mode.decision.v1"} 3');
  expect(text).toContain('macp_sessions_resolved_total{mode="macp.mode.decision.v1"} 1');
});
