import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadRuntimeConfig } from './load-runtime-config.js';

const DEV = { MACP_ALLOW_INSECURE: '1' };
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'macp-config-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

it('has the defaults of the reference runtime', () => {
  const config = loadRuntimeConfig(DEV);
  expect(config).toMatchObject({ drainMs: 10_000, logLevel: 'info', warnings: [], tokensFile: undefined });
  expect(config.options).toMatchObject({
    host: '127.0.0.1',
    port: 50_051,
    dataDir: '.macp-data',
    limits: { maxPayloadBytes: 1_048_576, sessionStartsPerMinute: 60, messagesPerMinute: 600, maxConcurrentStreams: 128, requestTimeoutMs: 30_000 },
    retention: { sweepIntervalMs: 60_000, memoryMs: 3_600_000, diskMs: 0 },
    policiesReadOnly: false,
  });
});

it('refuses bad values of strict variables by name', () => {
  const strict = ['MACP_MAX_PAYLOAD_BYTES', 'MACP_SESSION_START_LIMIT_PER_MINUTE', 'MACP_MESSAGE_LIMIT_PER_MINUTE', 'MACP_CHECKPOINT_INTERVAL'];
  for (const name of strict)
    for (const value of ['x', '-1', '1.5', '', '9'.repeat(30)]) expect(() => loadRuntimeConfig({ ...DEV, [name]: value })).toThrow(name);
  for (const name of strict.slice(0, 3)) expect(() => loadRuntimeConfig({ ...DEV, [name]: '0' })).toThrow(name);
  for (const value of ['localhost:1', '1.2.3.4', '1.2.3.4:99999', ':1', '::1:5', '1.2.3:4'])
    expect(() => loadRuntimeConfig({ ...DEV, MACP_BIND_ADDR: value })).toThrow('MACP_BIND_ADDR');
  for (const name of ['MACP_TLS_CERT_PATH', 'MACP_TLS_KEY_PATH', 'MACP_AUTH_TOKENS_FILE', 'MACP_POLICIES_DIR'])
    expect(() => loadRuntimeConfig({ ...DEV, [name]: join(dir, 'none') })).toThrow(name);
  for (const value of ['participant', 'none', 'ALL'])
    expect(() => loadRuntimeConfig({ ...DEV, MACP_SESSION_VISIBILITY: value })).toThrow('MACP_SESSION_VISIBILITY');
  for (const backend of ['rocksdb', 'redis', 'tape']) expect(() => loadRuntimeConfig({ ...DEV, MACP_STORAGE_BACKEND: backend })).toThrow(backend);
  expect(() => loadRuntimeConfig({ ...DEV, MACP_AUTH_TOKENS_JSON: '{' })).toThrow('MACP_AUTH_TOKENS_JSON');
});

it('refuses strict texts and paths that are empty, as a secret that did not arrive', () => {
  const strict = ['MACP_TLS_CERT_PATH', 'MACP_TLS_KEY_PATH', 'MACP_AUTH_TOKENS_JSON', 'MACP_AUTH_TOKENS_FILE', 'MACP_POLICIES_DIR', 'MACP_STORAGE_BACKEND'];
  for (const name of strict) expect(() => loadRuntimeConfig({ ...DEV, [name]: '' })).toThrow(`${name}: is empty`);
  const keys = { MACP_AUTH_ISSUER: 'i', MACP_AUTH_JWKS_JSON: '', MACP_AUTH_JWKS_URL: 'http://keys' };
  expect(loadRuntimeConfig({ ...DEV, ...keys })).toMatchObject({ options: { jwt: undefined }, warnings: [expect.stringContaining('MACP_AUTH_JWKS_JSON')] });
});

it('takes whole numbers of up to 64 bits', () => {
  const value = String(2n ** 64n - 1n);
  const { options } = loadRuntimeConfig({ ...DEV, MACP_MAX_PAYLOAD_BYTES: value, MACP_SESSION_RETENTION_SECS: value });
  expect([options.limits?.maxPayloadBytes, options.retention?.memoryMs]).toEqual([Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER * 1000]);
  expect(() => loadRuntimeConfig({ ...DEV, MACP_MAX_PAYLOAD_BYTES: String(2n ** 64n) })).toThrow('MACP_MAX_PAYLOAD_BYTES');
});

it('says which variables of the reference runtime have no effect here', () => {
  const { warnings } = loadRuntimeConfig({ ...DEV, MACP_CHECKPOINT_INTERVAL: '5', MACP_CONCURRENCY_LIMIT_PER_CONNECTION: '64' });
  expect(warnings).toEqual([expect.stringContaining('MACP_CHECKPOINT_INTERVAL'), expect.stringContaining('MACP_CONCURRENCY_LIMIT_PER_CONNECTION')]);
});

it('takes the default for bad values of lenient variables', () => {
  const lenient = [
    'MACP_CLEANUP_INTERVAL_SECS',
    'MACP_SESSION_RETENTION_SECS',
    'MACP_SESSION_DISK_RETENTION_SECS',
    'MACP_MAX_CONCURRENT_STREAMS',
    'MACP_REQUEST_TIMEOUT_SECS',
    'MACP_SHUTDOWN_DRAIN_SECS',
    'MACP_AUTH_JWKS_TTL_SECS',
  ];
  const bad = Object.fromEntries(lenient.map((name) => [name, 'soon']));
  expect(loadRuntimeConfig({ ...DEV, ...bad })).toEqual(loadRuntimeConfig(DEV));
  expect(loadRuntimeConfig({ ...DEV, MACP_CLEANUP_INTERVAL_SECS: '0' }).options.retention?.sweepIntervalMs).toBe(60_000);
});

it('needs a working authentication or the word for development, and TLS or the same word', () => {
  const tokens = { MACP_AUTH_TOKENS_JSON: '[{"token":"t","sender":"s"}]' };
  for (const env of [
    {},
    { MACP_ALLOW_INSECURE: 'true' },
    { MACP_AUTH_TOKENS_JSON: '[]' },
    { MACP_AUTH_ISSUER: 'i' },
    { MACP_AUTH_ISSUER: 'i', MACP_AUTH_JWKS_JSON: '{' },
  ]) {
    expect(() => loadRuntimeConfig(env)).toThrow('no working authentication');
  }
  expect(() => loadRuntimeConfig(tokens)).toThrow('MACP_TLS_CERT_PATH');
  expect(loadRuntimeConfig({ ...DEV, ...tokens }).options.identities).toHaveLength(1);
});

it('lets inline tokens win over the file, and inline keys over the URL', async () => {
  const file = join(dir, 'tokens.json');
  await writeFile(file, '{"tokens":[{"token":"f","sender":"file"}]}');
  expect(loadRuntimeConfig({ ...DEV, MACP_AUTH_TOKENS_FILE: file })).toMatchObject({ tokensFile: file, options: { identities: [{ sender: 'file' }] } });
  const both = loadRuntimeConfig({ ...DEV, MACP_AUTH_TOKENS_FILE: file, MACP_AUTH_TOKENS_JSON: '[{"token":"i","sender":"inline"}]' });
  expect(both).toMatchObject({ tokensFile: undefined, options: { identities: [{ sender: 'inline' }] } });
  const jwt = loadRuntimeConfig({
    ...DEV,
    MACP_AUTH_ISSUER: 'i',
    MACP_AUTH_JWKS_URL: 'http://keys',
    MACP_AUTH_JWKS_JSON: '{"keys":[]}',
    MACP_AUTH_JWT_ALGS: 'hs256, none',
  });
  expect(jwt.options.jwt).toEqual({ issuer: 'i', audience: 'macp-runtime', algorithms: ['HS256'], keys: { jwks: { keys: [] } } });
  expect(jwt.warnings).toEqual([expect.stringContaining('MACP_AUTH_JWT_ALGS')]);
});

it('keeps sessions in memory only for the exact value 1', () => {
  expect(loadRuntimeConfig({ ...DEV, MACP_MEMORY_ONLY: '1' }).options.dataDir).toBeUndefined();
  expect(loadRuntimeConfig({ ...DEV, MACP_MEMORY_ONLY: 'true', MACP_DATA_DIR: '/d' }).options.dataDir).toBe('/d');
});

it('reads IPv6 addresses in brackets', () => {
  expect(loadRuntimeConfig({ ...DEV, MACP_BIND_ADDR: '[::1]:5' }).options).toMatchObject({ host: '::1', port: 5 });
});

it('loads policies in the order of their files and closes the registry', async () => {
  const policies = await mkdtemp(join(dir, 'policies-'));
  const policy = (id: string) => JSON.stringify({ policy_id: id, mode: '*', description: 'd', rules: {}, schema_version: 1 });
  await writeFile(join(policies, 'b.json'), policy('policy.b'));
  await writeFile(join(policies, 'a.json'), policy('policy.a'));
  await writeFile(join(policies, 'readme.txt'), 'x');
  const { options } = loadRuntimeConfig({ ...DEV, MACP_POLICIES_DIR: policies });
  expect(options.policies?.map(({ policyId }) => policyId)).toEqual(['policy.a', 'policy.b']);
  expect(options.policiesReadOnly).toBe(true);
  for (const bad of [
    policy('policy.a'),
    policy('policy.default'),
    '[]',
    '{',
    '{"policy_id":"x","mode":"*","description":"","rules":"{}","schema_version":1}',
  ]) {
    await writeFile(join(policies, 'c.json'), bad);
    expect(() => loadRuntimeConfig({ ...DEV, MACP_POLICIES_DIR: policies })).toThrow(/MACP_POLICIES_DIR: .*c\.json/);
  }
});
