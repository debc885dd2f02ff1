import { Auth, buildEnvelope, DecisionSession, MacpClient, newSessionId } from '@macp-agent/core';
import { encodePayload, isMacpError, SessionStartPayload, type PolicyDefinition } from '@macp-agent/protocol';
import { loadPolicyFile } from '@macp-agent/scenarios';
import { startRuntime, type Runtime } from '@macp-agent/runtime';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { explainRefusal } from './explain-refusal.js';

const MODE = 'macp.mode.decision.v1';
const policy: PolicyDefinition = loadPolicyFile(fileURLToPath(new URL('../../../scenarios/src/fixtures/policy.json', import.meta.url)));
let runtime: Runtime;
const clients: MacpClient[] = [];
beforeEach(async () => {
  runtime = await startRuntime({
    identities: [
      { token: 'lead', sender: 'lead', maxOpenSessions: 1 },
      { token: 'peer', sender: 'peer', canStartSessions: false, allowedModes: [MODE] },
      { token: 'stranger', sender: 'stranger' },
    ],
    policies: [policy],
    limits: { maxPayloadBytes: 4_096 },
  });
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await runtime.close(0);
});

function as(sender: string): MacpClient {
  const client = new MacpClient({ address: runtime.address, secure: false, auth: Auth.bearer(sender) });
  clients.push(client);
  return client;
}

async function open(): Promise<DecisionSession> {
  const session = new DecisionSession(as('lead'), { policyVersion: policy.policyId });
  await session.start({ intent: 'x', participants: ['lead', 'peer'], ttlMs: 60_000, sender: 'lead' });
  await session.propose({ proposalId: 'p', option: 'a', sender: 'lead' });
  return session;
}

interface Attempt {
  readonly sender: string;
  readonly messageType: string;
  readonly payload?: object;
  readonly sessionId?: string;
  readonly mode?: string;
  /** Whose token goes along; default the sender's. */
  readonly token?: string;
}

/** What the runtime really says to a message, explained. */
async function refusalOf({ sender, messageType, payload = {}, sessionId = '', mode = MODE, token = sender }: Attempt): Promise<string> {
  const bytes = messageType === 'SessionStart' ? SessionStartPayload.encode(payload) : (encodePayload(mode, messageType, payload) ?? new Uint8Array());
  const envelope = buildEnvelope({ mode, messageType, sessionId, sender, payload: bytes });
  try {
    await as(token).send(envelope);
  } catch (error) {
    if (!isMacpError(error)) throw error;
    const finding = explainRefusal({ participantId: sender, code: error.code, message: error.message, messageType });
    return 'fix' in finding ? `${finding.text} | ${finding.step}: ${finding.fix}` : finding.text;
  }
  throw new Error(`${messageType} was accepted`);
}

const start = (over: object = {}): object => ({
  intent: 'x',
  participants: ['lead', 'peer'],
  ttlMs: 60_000,
  modeVersion: '1.0.0',
  configurationVersion: 'config.default',
  policyVersion: '',
  ...over,
});
const vote = { proposalId: 'p', vote: 'APPROVE', reason: 'r' };

it('explains an unknown token and a foreign sender', async () => {
  expect(await refusalOf({ sender: 'lead', token: 'nobody', messageType: 'Vote', payload: vote, sessionId: newSessionId() })).toMatch(
    /UNAUTHENTICATED.*do(?:es)? not know the token.*step 2/,
  );
});

it('explains a start that is forbidden, of an unknown policy, of a wrong or a used session id, or one too many', async () => {
  expect(await refusalOf({ sender: 'peer', messageType: 'SessionStart', payload: start(), sessionId: newSessionId() })).toMatch(
    /FORBIDDEN.*can_start_sessions is false.*step 2/,
  );
  const unknown = start({ policyVersion: 'policy.nobody' });
  expect(await refusalOf({ sender: 'lead', messageType: 'SessionStart', payload: unknown, sessionId: newSessionId() })).toMatch(
    /UNKNOWN_POLICY_VERSION.*not registered.*policy: register it/,
  );
  expect(await refusalOf({ sender: 'lead', messageType: 'SessionStart', payload: start(), sessionId: newSessionId().toUpperCase() })).toMatch(
    /INVALID_SESSION_ID.*upper case/,
  );
  const { sessionId } = await open();
  expect(await refusalOf({ sender: 'lead', messageType: 'SessionStart', payload: start(), sessionId })).toMatch(
    /SESSION_ALREADY_EXISTS.*producer: make a new session id/,
  );
  expect(await refusalOf({ sender: 'lead', messageType: 'SessionStart', payload: start(), sessionId: newSessionId() })).toMatch(
    /RATE_LIMITED.*max_open_sessions/,
  );
});

it('explains a signal without "", a stranger in a session, and a session that is not there', async () => {
  const signal = { signalType: 'x' };
  expect(await refusalOf({ sender: 'peer', messageType: 'Signal', payload: signal, mode: '' })).toMatch(/FORBIDDEN.*lacks "".*add "" to allowed_modes/);
  const { sessionId } = await open();
  expect(await refusalOf({ sender: 'stranger', messageType: 'Vote', payload: vote, sessionId })).toMatch(/FORBIDDEN.*not a participant.*step 4/);
  expect(await refusalOf({ sender: 'peer', messageType: 'Vote', payload: vote, sessionId: newSessionId() })).toMatch(/SESSION_NOT_FOUND.*before SessionStart/);
});

it('explains an evaluation after the first vote, a second vote, and a payload that is too long', async () => {
  const { sessionId } = await open();
  await as('peer').send(
    buildEnvelope({ mode: MODE, messageType: 'Vote', sessionId, sender: 'peer', payload: encodePayload(MODE, 'Vote', vote) ?? new Uint8Array() }),
  );
  const evaluation = { proposalId: 'p', recommendation: 'APPROVE', confidence: 0.5, reason: 'r' };
  expect(await refusalOf({ sender: 'lead', messageType: 'Evaluation', payload: evaluation, sessionId })).toMatch(/INVALID_ENVELOPE.*voting has begun/);
  expect(await refusalOf({ sender: 'peer', messageType: 'Vote', payload: vote, sessionId })).toMatch(/INVALID_ENVELOPE.*one vote per sender and proposal/);
  const long = { ...vote, reason: 'r'.repeat(5_000) };
  expect(await refusalOf({ sender: 'lead', messageType: 'Vote', payload: long, sessionId })).toMatch(/PAYLOAD_TOO_LARGE.*send less/);
});

it('explains a commitment that the policy denies, one that does not echo the versions, and one of a participant', async () => {
  const { sessionId } = await open();
  const commitment = (over: object = {}): object => ({
    commitmentId: 'c',
    action: 'approve',
    authorityScope: 's',
    reason: 'r',
    modeVersion: '1.0.0',
    policyVersion: policy.policyId,
    configurationVersion: 'config.default',
    outcomePositive: true,
    ...over,
  });
  const commit = (over: object = {}, sender = 'lead'): Promise<string> =>
    refusalOf({ sender, messageType: 'Commitment', payload: commitment(over), sessionId });
  expect(await commit()).toMatch(/POLICY_DENIED.*quorum.*policy: wait for the votes/);
  expect(await commit({ modeVersion: '9.9.9' })).toMatch(/INVALID_ENVELOPE.*does not echo the bound versions/);
  expect(await commit({}, 'peer')).toMatch(/FORBIDDEN.*only the initiator commits/);
});

it('leaves codes that it does not know to the reference', () => {
  const finding = explainRefusal({ participantId: 'a', code: 'X', message: 'y', messageType: 'Vote' });
  expect(finding).toMatchObject({ level: 'error', fix: expect.stringContaining('docs/reference/errors.md') as string });
});
