import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { beforeAll, expect, it } from 'vitest';
import { ManualClock } from '../clock.test.support.js';
import { silentLogger } from '../logger.js';
import type { Caller } from './identity.js';
import { jwtVerifier } from './jwt.js';
import type { JwtOptions } from './jwt-options.js';

const ISSUER = 'https://issuer.test';
let rsa: { privateKey: CryptoKey; jwk: object };
let ec: { privateKey: CryptoKey; jwk: object };

async function pair(algorithm: string, kid: string) {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'enc', alg: 'anything' } };
}

beforeAll(async () => {
  rsa = await pair('RS256', 'rsa-1');
  ec = await pair('ES256', 'ec-1');
});

const claims = (over: JWTPayload = {}): JWTPayload => ({
  sub: 'agent://jwt',
  iss: ISSUER,
  aud: 'macp-runtime',
  exp: Math.floor(Date.now() / 1000) + 300,
  ...over,
});
const sign = (payload: JWTPayload, { privateKey } = rsa, header: { alg: string; kid?: string } = { alg: 'RS256' }) =>
  new SignJWT(payload).setProtectedHeader(header).sign(privateKey);

function verify(token: string, options: Partial<JwtOptions> = {}, clock = new ManualClock()): Promise<Caller | undefined> {
  return jwtVerifier({ issuer: ISSUER, keys: { jwks: { keys: [{ kty: 'unheard-of' }, ec.jwk, rsa.jwk] } }, ...options }, clock, silentLogger).verify(token);
}

it('takes RS256 and ES256 tokens, by kid or by trying every key', async () => {
  expect(await verify(await sign(claims()))).toMatchObject({ sender: 'agent://jwt', canStartSessions: true, canManageModeRegistry: false, isObserver: false });
  expect(await verify(await sign(claims(), ec, { alg: 'ES256', kid: 'ec-1' }))).toBeDefined();
  expect(await verify(await sign(claims(), ec, { alg: 'ES256', kid: 'rotated-away' }))).toBeDefined();
});

it('refuses what lacks a claim, is expired, or is for others', async () => {
  const minute = 60;
  const now = Math.floor(Date.now() / 1000);
  for (const bad of [
    { sub: undefined },
    { exp: undefined },
    { iss: undefined },
    { aud: undefined },
    { iss: 'other' },
    { aud: 'other' },
    { aud: ['a', 'b'] },
    { exp: now - minute - 5 },
  ]) {
    expect(await verify(await sign(claims(bad as JWTPayload)))).toBeUndefined();
  }
  for (const good of [{ exp: now - minute + 20 }, { nbf: now + 9999 }, { aud: ['x', 'macp-runtime'] }])
    expect(await verify(await sign(claims(good)))).toBeDefined();
});

it('refuses other keys, other algorithms and no algorithm', async () => {
  const stranger = await pair('RS256', 'rsa-1');
  expect(await verify(await sign(claims(), stranger))).toBeUndefined();
  expect(await verify(await sign(claims()), { algorithms: ['ES256'] })).toBeUndefined();
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims())).toString('base64url')}.`;
  expect(await verify(unsigned)).toBeUndefined();
  for (const text of ['a.b', '...', 'not.a.jwt']) expect(await verify(text)).toBeUndefined();
});

it('takes HS256 only when it is named, with a base64url key', async () => {
  const secret = Buffer.from('0123456789abcdef0123456789abcdef');
  const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'HS256' }).sign(secret);
  const keys = { jwks: { keys: [{ kty: 'oct', k: secret.toString('base64url') }] } };
  expect(await verify(token, { keys })).toBeUndefined();
  expect(await verify(token, { keys, algorithms: ['HS256'] })).toBeDefined();
});

it('reads scopes: an empty list of modes means none, and a right of the wrong type refuses the token', async () => {
  const scoped = (scopes: unknown) => sign(claims({ macp_scopes: scopes })).then((token) => verify(token));
  expect(await scoped({ allowed_modes: [], max_open_sessions: 2, is_observer: true, can_start_sessions: false, other: 1 })).toMatchObject({
    allowedModes: new Set(),
    maxOpenSessions: 2,
    isObserver: true,
    canStartSessions: false,
  });
  for (const bad of [{ can_start_sessions: 'no' }, { allowed_modes: 'all' }, { max_open_sessions: -1 }, 'all']) expect(await scoped(bad)).toBeUndefined();
});

it('fetches keys once per time to live, and serves the last good ones when the source fails', async () => {
  const source = new KeySource();
  await source.listen();
  try {
    source.body = JSON.stringify({ keys: [rsa.jwk] });
    const clock = new ManualClock();
    const verifier = jwtVerifier({ issuer: ISSUER, keys: { url: source.url, ttlMs: 60_000 } }, clock, silentLogger);
    const token = await sign(claims({ exp: Math.floor(Date.now() / 1000) + 99_999 }));
    const results = await Promise.all([verifier.verify(token), verifier.verify(token), verifier.verify(token)]);
    expect(results.every((caller) => caller !== undefined)).toBe(true);
    expect(source.requests).toBe(1);
    source.body = 'not json';
    clock.advance(61_000);
    expect(await verifier.verify(token)).toBeDefined();
    expect(source.requests).toBe(2);
    clock.advance(3_600_000);
    expect(await verifier.verify(token)).toBeUndefined();
    source.body = JSON.stringify({ keys: [rsa.jwk] });
    clock.advance(2000);
    expect(await verifier.verify(token)).toBeDefined();
  } finally {
    await source.close();
  }
});

it('sees a rotated key after the time to live, and asks again when the clock was set back', async () => {
  const source = new KeySource();
  await source.listen();
  try {
    source.body = JSON.stringify({ keys: [rsa.jwk] });
    const clock = new ManualClock();
    const verifier = jwtVerifier({ issuer: ISSUER, keys: { url: source.url, ttlMs: 60_000 } }, clock, silentLogger);
    const far = { exp: Math.floor(Date.now() / 1000) + 9_999_999 };
    const [old, rotated] = [await sign(claims(far)), await sign(claims(far), ec, { alg: 'ES256', kid: 'ec-1' })];
    expect(await verifier.verify(old)).toBeDefined();
    source.body = JSON.stringify({ keys: [ec.jwk] });
    expect([await verifier.verify(old), await verifier.verify(rotated)]).toEqual([expect.anything(), undefined]);
    clock.advance(60_000);
    expect([await verifier.verify(old), await verifier.verify(rotated)]).toEqual([undefined, expect.anything()]);
    source.body = JSON.stringify({ keys: [rsa.jwk] });
    clock.jump(-86_400_000);
    expect([await verifier.verify(old), await verifier.verify(rotated)]).toEqual([expect.anything(), undefined]);
    // A failure that seems to be still to come keeps nobody out either.
    source.body = '';
    clock.advance(60_000);
    await verifier.verify(old);
    source.body = JSON.stringify({ keys: [ec.jwk] });
    clock.jump(-86_400_000);
    expect(await verifier.verify(rotated)).toBeDefined();
  } finally {
    await source.close();
  }
});

it.each(['http://user:s3cret@127.0.0.1:1/keys', 'http://127.0.0.1:1/keys?key=s3cret', 's3cret'])(
  'says that %s cannot be used, without its secret',
  async (url) => {
    const warnings: string[] = [];
    const note = (message: string, fields?: object): void => void warnings.push(`${message} ${inspect(fields)}`);
    const logger = { ...silentLogger, warn: note, debug: note };
    expect(await jwtVerifier({ issuer: ISSUER, keys: { url } }, new ManualClock(), logger).verify(await sign(claims()))).toBeUndefined();
    expect(warnings[0]).toContain('cannot be used');
    expect(warnings.join()).not.toContain('s3cret');
  },
);

class KeySource {
  body = '';
  requests = 0;
  readonly #server: Server = createServer((_request, response) => {
    this.requests += 1;
    response.end(this.body);
  });

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks`;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
