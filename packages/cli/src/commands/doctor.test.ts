import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Auth, DecisionSession, MacpClient, startCancelCallbackServer } from '@macp-agent/core';
import { startRuntime, type Runtime } from '@macp-agent/runtime';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { doctorOf, MODE, SESSION, tempFolder } from '../doctor/rows.test-support.js';
import type { CliRun } from '../cli.test-support.js';

let cwd: string;
let runtime: Runtime;
beforeEach(async () => {
  cwd = tempFolder();
  runtime = await startRuntime({
    identities: [
      { token: 'risk-token', sender: 'risk-agent', allowedModes: [MODE, ''] },
      { token: 'fraud-token', sender: 'fraud-agent', canStartSessions: false, allowedModes: [MODE, ''] },
      { token: 'task-token', sender: 'task-agent', allowedModes: ['macp.mode.task.v1'] },
      { token: 'silent-token', sender: 'silent-agent', allowedModes: [MODE] },
      { token: 'stranger-token', sender: 'stranger', allowedModes: [MODE, ''] },
    ],
  });
});
afterEach(async () => {
  await runtime.close(0);
  rmSync(cwd, { recursive: true, force: true });
});

const doctor = (changes: object, options: Parameters<typeof doctorOf>[3] = {}): Promise<CliRun> => doctorOf(cwd, runtime.address, changes, options);
const START = { start: true };
/** The real session that a bootstrap of these tests is about. */
async function startSession(): Promise<{ readonly session: DecisionSession; readonly close: () => Promise<void> }> {
  const client = new MacpClient({ address: runtime.address, secure: false, auth: Auth.bearer('risk-token', { expectedSender: 'risk-agent' }) });
  const session = new DecisionSession(client, { sessionId: SESSION });
  await session.start({ intent: 'x', participants: ['risk-agent', 'fraud-agent'], ttlMs: 60_000 });
  return { session, close: () => client.close() };
}

describe('macp doctor', () => {
  it('finds an agent fine, and changes nothing', async () => {
    for (const start of [false, true]) {
      const { code, stdout } = await doctor({}, { start });
      expect(stdout).toMatch(/ok .*bootstrap: risk-agent[\s\S]*ok .*credential[\s\S]*ok .*sender[\s\S]*session: (?:not started yet|NOT_FOUND)/);
      expect(code).toBe(0);
    }
  });

  it.each([
    ['an unknown token', { auth_token: 'stranger' }, {}, /error {4}credential: the runtime does not know this token\n +fix \(onboarding step 2\)/],
    ['a token with a dot', { auth_token: 'risk.token' }, {}, /error {4}token: .*contains a dot.*\n +fix \(onboarding step 2\)/],
    ['no token', { auth_token: '' }, {}, /bootstrap\.runtime\.bearerToken is required.*step 3/],
    [
      'a stray agent:// prefix',
      { participant_id: 'agent://risk-agent' },
      {},
      /error {4}sender: .*belongs to "risk-agent"\. a stray agent:\/\/ prefix; byte 1 is 0x61 and should be 0x72 \(18 and 10 bytes\)\n +fix \(onboarding step 1\): use one string everywhere/,
    ],
    ['upper case', { participant_id: 'Risk-Agent' }, {}, /belongs to "risk-agent"\. upper and lower case; byte 1 is 0x52 and should be 0x72/],
    ['an underscore', { participant_id: 'risk_agent' }, {}, /belongs to "risk-agent"\. - and _; byte 5 is 0x5f and should be 0x2d/],
    [
      'an initiator that may not start',
      { participant_id: 'fraud-agent', auth_token: 'fraud-token' },
      START,
      /error {4}starting sessions: .*\n +fix \(onboarding step 2\): set can_start_sessions to true/,
    ],
    [
      'a mode that is not allowed',
      { participant_id: 'task-agent', auth_token: 'task-token' },
      {},
      /error {4}sender: the identity may not use macp\.mode\.decision\.v1\n +fix .*allowed_modes/,
    ],
    [
      'an unknown policy',
      { policy_version: 'policy.nobody' },
      {},
      /error {4}policy: .*policy\.nobody: UNKNOWN_POLICY_VERSION\n +fix \(policy\): register it first/,
    ],
    [
      'TLS towards plaintext',
      { secure: true },
      {},
      /error {4}runtime: .*no runtime answered with TLS; it answers in plaintext\n +fix \(transport\): the runtime serves plaintext: set runtime\.tls to false/,
    ],
    [
      'plaintext without consent',
      { allow_insecure: false, runtime_address: 'runtime.example:50051' },
      {},
      /runtime\.allowInsecure.*must be true when runtime\.tls is false/,
    ],
    ['a closed port', { runtime_address: '127.0.0.1:1' }, {}, /error {4}network: 127\.0\.0\.1:1: ECONNREFUSED\n +fix \(launch\): .*must bind 0\.0\.0\.0/],
    ['a nested file with gaps', { run: { runId: 'x' }, session_id: undefined }, {}, /error {4}bootstrap: .*run\.sessionId/],
    [
      'a session id in upper case',
      { session_id: SESSION.toUpperCase() },
      {},
      /run\.sessionId must be a lower-case UUID.*Fix \(producer\): use a new lower-case UUID/,
    ],
    [
      'an agent that is no participant',
      { participants: ['fraud-agent'] },
      {},
      /error {4}participants: risk-agent is not in the participants.*FORBIDDEN\n +fix \(onboarding step 4\)/,
    ],
    [
      'a participant with a prefix',
      { participants: ['agent://risk-agent'] },
      {},
      /the session lists "agent:\/\/risk-agent", not "risk-agent": a stray agent:\/\/ prefix/,
    ],
  ])('names the step and fix for %s', async (_, changes, options, message) => {
    const { code, stdout } = await doctor(changes, options);
    expect(stdout).toMatch(message);
    expect(stdout).not.toMatch(/risk-token|fraud-token|task-token/);
    expect(code).toBe(1);
  });

  it('names a payload that no runtime takes', async () => {
    const session_start = {
      intent: 'x'.repeat(1_048_577),
      participants: ['risk-agent'],
      ttl_ms: 60_000,
      mode_version: '1.0.0',
      configuration_version: 'c',
      policy_version: '',
    };
    expect((await doctor({ initiator: { session_start } }, {})).stdout).toMatch(
      /SessionStart would have \d+ bytes; a runtime takes 1048576: PAYLOAD_TOO_LARGE/,
    );
  });

  it('says whether the map file has the token that the runtime does not know', async () => {
    const write = (token: string): void => writeFileSync(join(cwd, 'macp-tokens.json'), JSON.stringify([{ token, sender: 'risk-agent' }]));
    write('new-token');
    expect((await doctor({ auth_token: 'new-token' })).stdout).toMatch(
      /does not know this token; .*macp-tokens\.json has it\n +fix .*the runtime has an older one: .*restart it/,
    );
    write('other-token');
    expect((await doctor({ auth_token: 'new-token' })).stdout).toMatch(/macp-tokens\.json does not have it either \(sha256:/);
  });

  it('warns when signals are not allowed, and goes on', async () => {
    const { code, stdout } = await doctor({ participant_id: 'silent-agent', auth_token: 'silent-token' });
    expect(stdout).toMatch(
      /warning {2}signals: messages of the mode pass, Signal and Progress are FORBIDDEN\n +fix \(onboarding step 2\): add "" to allowed_modes/,
    );
    expect(stdout).toContain('session: ');
    expect(code).toBe(0);
  });

  it('names a session id that is taken, and a session that is closed to the agent', async () => {
    const { close } = await startSession();
    expect((await doctor({}, START)).stdout).toMatch(/the session id is taken: the session is OPEN \(SESSION_ALREADY_EXISTS\)/);
    expect((await doctor({ participant_id: 'stranger', auth_token: 'stranger-token' })).stdout).toMatch(
      /error {4}session: .*neither a participant nor an observer.*then nothing would happen\n +fix \(onboarding step 4\): .*is_observer/,
    );
    await close();
  });

  it('tells an agent that goes on from one whose session does', async () => {
    const { session, close } = await startSession();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    const args = ['--pid', String(child.pid)];
    expect((await doctor({ participant_id: 'fraud-agent', auth_token: 'fraud-token' }, { args })).stdout).toMatch(/ok {7}process: .* and so does the session/);
    await session.cancel('enough');
    const { code, stdout } = await doctor({ participant_id: 'fraud-agent', auth_token: 'fraud-token' }, { args });
    expect(stdout).toMatch(
      /warning {2}process: the session is CANCELLED, and process \d+ still runs\n +fix \(onboarding step 5\): close the stream.*lifecycle/,
    );
    expect(code).toBe(0);
    child.kill('SIGKILL');
    await close();
  });

  it('says that the limits of the runtime are used up', async () => {
    await using limited = await startRuntime({ identities: [{ token: 'risk-token', sender: 'risk-agent' }], limits: { messagesPerMinute: 1 } });
    await doctorOf(cwd, limited.address, {});
    expect((await doctorOf(cwd, limited.address, {})).stdout).toMatch(/RATE_LIMITED: .*\n +fix \(launch\): slow down/);
  });
});

describe('macp doctor, TLS', () => {
  it('finds a runtime that serves TLS to an agent that speaks plaintext', async () => {
    const { selfSigned } = await import('../../../runtime/src/grpc/self-signed.test.support.js');
    await using secure = await startRuntime({ identities: [{ token: 'risk-token', sender: 'risk-agent' }], tls: selfSigned('localhost') });
    expect((await doctorOf(cwd, secure.address, {})).stdout).toMatch(
      /no runtime answered in plaintext\n +fix \(transport\): the runtime probably serves TLS: set runtime\.tls to true/,
    );
  });
});

describe('macp doctor, JWTs', () => {
  let keys: { readonly privateKey: CryptoKey; readonly jwk: JWK };
  let verifier: Runtime;
  beforeEach(async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    keys = { privateKey, jwk: { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'ES256' } };
    verifier = await startRuntime({ jwt: { issuer: 'issuer', keys: { jwks: { keys: [keys.jwk] } } } });
  });
  afterEach(() => verifier.close(0));

  const sign = (claims: object, { kid = 'key-1', audience = 'macp-runtime', issuer = 'issuer', ttlSeconds = 60 } = {}): Promise<string> =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject('risk-agent')
      .setExpirationTime(Math.floor(Date.now() / 1000) + ttlSeconds)
      .sign(keys.privateKey);
  const look = async (token: Promise<string>, start = false): Promise<string> => {
    const env = { MACP_AUTH_ISSUER: 'issuer', MACP_AUTH_JWKS_JSON: JSON.stringify({ keys: [keys.jwk] }) };
    return (await doctorOf(cwd, verifier.address, { auth_token: await token }, { start, env })).stdout;
  };

  it('takes a good one', async () => {
    expect(await look(sign({}))).toMatch(/ok {7}token: a JWT[\s\S]*ok {7}credential/);
  });

  it.each([
    ['has expired', {}, { ttlSeconds: -100 }, false, /the JWT expired 10\d s ago\n +fix \(onboarding step 2\): get a new one/],
    ['has another issuer', {}, { issuer: 'other' }, false, /issued by "other"; the runtime expects "issuer"\n +fix .*MACP_AUTH_ISSUER/],
    ['has another audience', {}, { audience: 'other' }, false, /for the audience "other"; the runtime expects "macp-runtime"\n +fix .*MACP_AUTH_AUDIENCE/],
    [
      'has a key that is gone',
      {},
      { kid: 'key-0' },
      false,
      /signed with the key key-0, which is not in the key set \(key-1\)\n +fix .*started again with another key/,
    ],
    ['allows no mode at all', { macp_scopes: { allowed_modes: [] } }, {}, false, /empty list, which allows nothing\n +fix .*leave the claim out/],
    ['may not start sessions', { macp_scopes: { can_start_sessions: false } }, {}, true, /can_start_sessions of the JWT is false.*\n +fix .*--can-start/],
  ])('explains one that %s', async (_, claims, options, start, message) => {
    expect(await look(sign(claims, options), start)).toMatch(message);
  });

  it('names the sender of the token', async () => {
    const { stdout } = await doctorOf(cwd, verifier.address, { participant_id: 'other', auth_token: await sign({}) });
    expect(stdout).toMatch(/does not belong to the sender "other": it belongs to "risk-agent"/);
  });

  it('says that the auth service is down', async () => {
    const env = { MACP_AUTH_SERVICE_URL: 'http://127.0.0.1:1' };
    expect((await doctorOf(cwd, verifier.address, { auth_token: await sign({}) }, { env })).stdout).toMatch(
      /error {4}auth service: .*AUTH_MINT_FAILED\n +fix .*macp auth serve/,
    );
  });
});

describe('macp doctor, cancel callback', () => {
  const at = (port: number, bearer = ''): object => ({
    cancel_callback: { host: '127.0.0.1', port, path: '/agent/cancel' },
    ...(bearer === '' ? {} : { cancel_callback_bearer: bearer }),
  });

  it('warns of an initiator without one, and of one that nobody serves', async () => {
    expect((await doctor({}, START)).stdout).toMatch(/warning {2}cancel callback: .*no cancelCallback.*\n +fix \(producer\)/);
    expect((await doctor(at(1), START)).stdout).toMatch(/warning {2}cancel callback: nobody listens at 127\.0\.0\.1:1 \(ECONNREFUSED\)/);
  });

  it('tells a handler that cancels from one that only stops the agent', async () => {
    const { session, close } = await startSession();
    const evaluator = { participant_id: 'fraud-agent', auth_token: 'fraud-token' };
    const stops = createServer((_request, response) => response.writeHead(202).end('{}'));
    await new Promise<void>((resolve) => stops.listen(0, '127.0.0.1', resolve));
    const args = ['--try-cancel'];
    const stopped = await doctor({ ...evaluator, ...at((stops.address() as AddressInfo).port) }, { args });
    expect(stopped.stdout).toMatch(
      /error {4}cancel callback: .*still is OPEN: its handler only stops the agent\n +fix \(onboarding step 5\): the handler must call CancelSession/,
    );
    await new Promise((resolve) => stops.close(resolve));
    await using cancels = await startCancelCallbackServer({
      host: '127.0.0.1',
      port: 0,
      path: '/agent/cancel',
      onCancel: async (_runId, reason) => {
        await session.cancel(reason);
      },
    });
    expect((await doctor({ ...evaluator, ...at(cancels.port) }, { args })).stdout).toMatch(/ok {7}cancel callback: the callback cancelled the session/);
    await close();
  });
});
