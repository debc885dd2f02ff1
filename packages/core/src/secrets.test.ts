import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { fromBootstrap } from './agent/from-bootstrap.js';
import { loadBootstrap } from './agent/load-bootstrap.js';
import { Auth } from './auth.js';
import { MacpClient } from './client.js';
import { newSessionId } from './ids.js';
import { DecisionSession } from './session/decision-session.js';

const TOKEN = 'very-secret-token';
const auth = Auth.bearer(TOKEN, { expectedSender: 'ann' });
const client = new MacpClient({ address: '127.0.0.1:1', allowInsecure: true, auth: { bearerToken: TOKEN } });
const document = {
  run: { sessionId: newSessionId() },
  participant: { participantId: 'ann' },
  runtime: { address: '127.0.0.1:1', bearerToken: TOKEN, tls: false, controlPlaneApiKey: TOKEN },
  execution: { modeName: 'macp.mode.decision.v1' },
  cancelCallback: { host: '127.0.0.1', port: 0, path: '/cancel', bearer: TOKEN },
  llm: { apiKey: TOKEN },
};

const holders: readonly (readonly [string, object])[] = [
  ['a credential', auth],
  ['a development credential', Auth.devAgent(TOKEN)],
  ['a client', client],
  ['a session', new DecisionSession(client, { auth: { bearerToken: TOKEN } })],
  ['a bootstrap', loadBootstrap(document, { env: {} })],
  ['a participant', fromBootstrap(document, { env: {} })],
];

describe('a log', () => {
  it.each(holders)('of %s does not show its token', (_name, holder) => {
    expect(inspect(holder, { depth: 20, showHidden: true })).not.toMatch(/bearer\w*: 'very-secret-token'|apiKey: 'very-secret-token'/i);
    expect(JSON.stringify(holder)).not.toMatch(/(?:bearer\w*|apiKey)":"very-secret-token/i);
  });

  it('shows that there is one', () => {
    expect(inspect(auth)).toContain('(set, not shown)');
    expect(JSON.parse(JSON.stringify(auth))).toEqual({ bearerToken: '(set, not shown)', senderHint: 'ann', expectedSender: 'ann' });
  });
});

it('code reads and spreads a secret as before', () => {
  expect({ ...auth }).toEqual({ bearerToken: TOKEN, senderHint: 'ann', expectedSender: 'ann' });
  expect(loadBootstrap(document, { env: {} }).runtime.bearerToken).toBe(TOKEN);
});
