import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRuntime, type Runtime } from '@macp-agent/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeAt, macp, type CliRun } from '../cli.test-support.js';

const fixtures = fileURLToPath(new URL('../../../scenarios/src/fixtures', import.meta.url));
let cwd: string;
let stop: AbortController;
let served: Promise<CliRun>;
let url: string;

/** `macp auth serve`, as soon as it says where it listens. */
async function serve(...options: readonly string[]): Promise<void> {
  url = await new Promise((resolve, reject) => {
    served = macp(['auth', 'serve', '--port', '0', ...options], {
      cwd,
      signal: stop.signal,
      onOutput: (text) => {
        const found = /^issuer: (\S+)/.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      },
    });
    served.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
}

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'macp-cli-'));
  stop = new AbortController();
  await serve('--alg', 'ES256', '--overlap', '0.001');
});
afterEach(async () => {
  stop.abort();
  await served;
  rmSync(cwd, { recursive: true, force: true });
});

const startVerifier = (): Promise<Runtime> => startRuntime({ jwt: { issuer: 'macp-auth-service', keys: { url: `${url}/.well-known/jwks.json`, ttlMs: 1 } } });
const mint = async (...options: readonly string[]): Promise<string> =>
  (await macp(['auth', 'mint', 'risk-agent', '--url', url, ...options], { cwd })).stdout.trim();
const kidOf = (token: string): string => (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid;
const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

describe('macp auth', () => {
  it('mints tokens that a runtime takes, with the scopes that were asked for', async () => {
    await using runtime = await startVerifier();
    const token = await mint('--can-start', '--modes', 'decision', '--ttl', '60');
    expect(claimsOf(token)).toMatchObject({
      iss: 'macp-auth-service',
      aud: 'macp-runtime',
      sub: 'risk-agent',
      macp_scopes: { can_start_sessions: true, allowed_modes: ['macp.mode.decision.v1', ''] },
    });
    expect(await codeAt(runtime.address, token)).toBe('SESSION_NOT_FOUND');
    expect(await codeAt(runtime.address, `${token}x`)).toBe('UNAUTHENTICATED');
  });

  it('rotates with overlap: the new key signs, tokens of the old one stay valid', async () => {
    await using runtime = await startVerifier();
    const before = await mint();
    const rotated = await macp(['auth', 'rotate', '--alg', 'RS256', '--overlap', '0.001', '--json'], { cwd });
    const { kid } = JSON.parse(rotated.stdout) as { kid: string };
    const after = await mint();
    expect([kidOf(after), kidOf(before) === kid]).toEqual([kid, false]);
    expect([await codeAt(runtime.address, before), await codeAt(runtime.address, after)]).toEqual(['SESSION_NOT_FOUND', 'SESSION_NOT_FOUND']);
  });

  it('publishes a new key before it signs with it', async () => {
    const before = await mint();
    await macp(['auth', 'rotate', '--overlap', '300'], { cwd });
    const { keys } = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: Record<string, unknown>[] };
    expect(keys.length).toBe(2);
    expect(keys.flatMap((key) => Object.keys(key)).filter((name) => ['d', 'p', 'q', 'dp', 'dq', 'qi'].includes(name))).toEqual([]);
    expect(kidOf(await mint())).toBe(kidOf(before));
  });

  it('mints for nobody without the client credential, and keeps it and the keys for the owner', async () => {
    for (const file of ['keys.json', 'client-token']) expect(statSync(join(cwd, '.macp-auth', file)).mode & 0o777).toBe(0o600);
    const { status } = await fetch(`${url}/tokens`, { method: 'POST', body: JSON.stringify({ sender: 'risk-agent' }) });
    expect(status).toBe(401);
    const elsewhere = mkdtempSync(join(tmpdir(), 'macp-cli-'));
    const refused = await macp(['auth', 'mint', 'risk-agent', '--url', url], { cwd: elsewhere });
    rmSync(elsewhere, { recursive: true });
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/asks for a client credential: set MACP_AUTH_CLIENT_TOKEN \[AUTH_MINT_FAILED\]/) as string,
    });
  });

  it.each([
    ['{', 'invalid JSON body'],
    ['{}', 'sender is required'],
    ['{ "sender": "a", "scopes": [] }', 'scopes must be an object'],
    ['{ "sender": "a", "ttl_seconds": 0 }', 'ttl_seconds must be a positive number'],
  ])('answers %s with 400 and %s', async (body, error) => {
    const credential = readFileSync(join(cwd, '.macp-auth/client-token'), 'utf8').trim();
    const response = await fetch(`${url}/tokens`, { method: 'POST', body, headers: { authorization: `Bearer ${credential}` } });
    expect([response.status, await response.json()]).toEqual([400, { error }]);
  });

  it('writes a token to a file of its own', async () => {
    await mint('-o', 'agent.jwt');
    expect(statSync(join(cwd, 'agent.jwt')).mode & 0o777).toBe(0o600);
    expect(claimsOf(readFileSync(join(cwd, 'agent.jwt'), 'utf8'))).toMatchObject({ sub: 'risk-agent' });
  });

  it('never prints the client credential', async () => {
    const credential = readFileSync(join(cwd, '.macp-auth/client-token'), 'utf8').trim();
    stop.abort();
    const { code, stdout, stderr } = await served;
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain(credential);
  });
});

describe('macp run --runtime with an auth service', () => {
  it('mints a token for each participant and for the runner, with what its part needs', async () => {
    mkdirSync(join(cwd, 'policies'));
    cpSync(join(fixtures, 'policy.json'), join(cwd, 'policies/policy.json'));
    writeFileSync(join(cwd, 'scenario.yaml'), readFileSync(join(fixtures, 'scenario.yaml'), 'utf8').replaceAll('FIXTURES', fixtures));
    await using runtime = await startVerifier();
    const env = { MACP_AUTH_SERVICE_URL: url, MACP_AUTH_CLIENT_TOKEN: readFileSync(join(cwd, '.macp-auth/client-token'), 'utf8').trim() };
    const run = await macp(['run', 'scenario.yaml', '--runtime', runtime.address], { cwd, env });
    expect(run).toMatchObject({ code: 0, stdout: expect.stringMatching(/RESOLVED approve/) as string });
    stop.abort();
    const { stderr } = await served;
    for (const sender of ['r1', 'r2', 'lead', 'macp-runner']) expect(stderr).toContain(`minted a token for ${sender}, 3600 s`);
    const without = await macp(['run', 'scenario.yaml', '--runtime', runtime.address], { cwd, env });
    expect(without).toMatchObject({ code: 1, stderr: expect.stringMatching(/cannot be reached; start it \(macp auth serve\) \[AUTH_MINT_FAILED\]/) as string });
  });
});
