import { Metadata } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { ResolverChain } from './authenticator.js';
import { toCaller } from './identity.js';
import { parseTokenDocument } from './token-document.js';

function from(entries: Record<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
  return metadata;
}

const chainOf = (jwt?: ConstructorParameters<typeof ResolverChain>[1]) =>
  new ResolverChain(
    [
      { token: 'a-1', sender: 'a' },
      { token: 'b-1', sender: 'b' },
    ],
    jwt,
  );

it('reads the bearer scheme exactly, and x-macp-token when there is none', () => {
  const chain = chainOf();
  const senderOf = (entries: Record<string, string>) => (chain.authenticate(from(entries)) as { sender: string } | undefined)?.sender;
  expect(senderOf({ authorization: 'Bearer a-1' })).toBe('a');
  expect(senderOf({ authorization: 'Bearer a-1', 'x-macp-token': 'b-1' })).toBe('a');
  expect(senderOf({ authorization: 'Basic a-1', 'x-macp-token': 'b-1' })).toBe('b');
  for (const value of ['bearer a-1', 'Bearer  a-1', 'Bearer', 'Bearer ', 'a-1', 'Bearer c-1']) expect(senderOf({ authorization: value })).toBeUndefined();
  expect(senderOf({ 'x-macp-agent-id': 'a' })).toBeUndefined();
});

it('gives tokens with a dot to the JWT resolver, whose refusal is final', async () => {
  const seen: string[] = [];
  const jwt = { verify: (token: string) => Promise.resolve(void seen.push(token)).then(() => undefined) };
  expect(await chainOf(jwt).authenticate(from({ authorization: 'Bearer x.y.z', 'x-macp-token': 'a-1' }))).toBeUndefined();
  expect(await chainOf(jwt).authenticate(from({ authorization: 'Bearer a-1' }))).toMatchObject({ sender: 'a' });
  expect(await new ResolverChain(undefined, jwt).authenticate(from({ authorization: 'Bearer a-1' }))).toBeUndefined();
  expect(seen).toEqual(['x.y.z']);
});

it('takes any bearer value for the sender in development mode only', () => {
  const chain = new ResolverChain(undefined, undefined);
  expect(chain.authenticate(from({ authorization: 'Bearer agent://x.y' }))).toMatchObject({
    sender: 'agent://x.y',
    canManageModeRegistry: true,
    isObserver: false,
  });
  expect(chain.authenticate(from({}))).toBeUndefined();
  chain.replaceTokens([]);
  expect(chain.authenticate(from({ authorization: 'Bearer agent://x.y' }))).toBeUndefined();
});

it('takes absent and empty modes as all', () => {
  expect(toCaller({ sender: 'a', allowedModes: [] }).allowedModes).toBeUndefined();
  expect(toCaller({ sender: 'a', allowedModes: ['m'] }).allowedModes).toEqual(new Set(['m']));
});

it('reads both forms of the token list, the last of a repeated token, and ignores unknown members', () => {
  const entry = {
    token: 't',
    sender: 's',
    allowed_modes: ['m'],
    can_start_sessions: false,
    max_open_sessions: null,
    can_manage_mode_registry: true,
    is_observer: true,
    note: 1,
  };
  for (const text of [JSON.stringify([entry]), JSON.stringify({ tokens: [entry] })]) {
    expect(parseTokenDocument(text)).toMatchObject({
      ok: true,
      identities: [{ sender: 's', canStartSessions: false, canManageModeRegistry: true, isObserver: true, maxOpenSessions: undefined }],
    });
  }
  const chain = new ResolverChain(
    [
      { token: 't', sender: 'first' },
      { token: 't', sender: 'last' },
    ],
    undefined,
  );
  expect(chain.authenticate(from({ authorization: 'Bearer t' }))).toMatchObject({ sender: 'last' });
});

it('says what is wrong with a token list without quoting a token', () => {
  for (const text of [
    '{"tokens":[{"token":"sec-ret"',
    '{"token":"sec-ret"}',
    '[{"token":"sec-ret"}]',
    '[{"token":"sec-ret","sender":"s","allowed_modes":"m"}]',
    '[{"token":"sec-ret","sender":"s","max_open_sessions":-1}]',
    '[{"token":"sec-ret","sender":"s","is_observer":1}]',
    '[1]',
  ]) {
    const document = parseTokenDocument(text);
    expect(document).toMatchObject({ ok: false });
    expect(JSON.stringify(document)).not.toContain('sec-ret');
  }
  expect(parseTokenDocument('[{"token":"a.b","sender":"s"}]')).toMatchObject({ ok: true, identities: [], warnings: [expect.stringContaining('dot')] });
});
