import assert from 'node:assert/strict';
import { fromBootstrap, newSessionId, type AgentReport } from '@macp-agent/core';
import { startRuntime } from '@macp-agent/runtime';

// Whoever started a run does not have the initiator's credential, so it cannot cancel the session itself. It asks the initiator, at the
// address and with the bearer that its bootstrap names, and the initiator cancels with its own identity.
await using runtime = await startRuntime({
  identities: [
    { token: 'token-of-risk', sender: 'risk-agent' },
    { token: 'token-of-growth', sender: 'growth-agent', canStartSessions: false },
  ],
});
const sessionId = newSessionId();
const participants = ['risk-agent', 'growth-agent'];
const bearer = 'only-the-producer-knows';
const document = (participantId: string, authToken: string, initiator: object = {}): object => ({
  participant_id: participantId,
  session_id: sessionId,
  run_id: 'run-1',
  mode: 'macp.mode.decision.v1',
  runtime_address: runtime.address,
  auth_token: authToken,
  secure: false,
  participants,
  ...initiator,
});

const initiator = {
  initiator: {
    session_start: { intent: 'a decision that nobody will make', participants, ttl_ms: 60_000 },
    kickoff: { message_type: 'Proposal', payload: { proposal_id: 'p1', option: 'wait' } },
  },
  cancel_callback: { host: '127.0.0.1', port: 0, path: '/cancel', bearer },
};
let tellUrl: (url: string) => void = () => undefined;
const url = new Promise<string>((resolve) => (tellUrl = resolve));
const report = (line: AgentReport): void => {
  if (line.type === 'ready' && line.cancelCallbackUrl !== undefined) tellUrl(line.cancelCallbackUrl);
};

const risk = fromBootstrap(document('risk-agent', 'token-of-risk', initiator), { env: {}, report });
const growth = fromBootstrap(document('growth-agent', 'token-of-growth'), { env: {} });
const proposed = new Promise<void>((resolve) => growth.on('Proposal', () => resolve()));
const ended = [risk.run(), growth.run()];
await proposed;

const cancel = async (token: string): Promise<{ status: number; body: unknown }> => {
  const response = await fetch(await url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ runId: 'run-1', reason: 'the customer withdrew' }),
    signal: AbortSignal.timeout(5_000),
  });
  return { status: response.status, body: await response.json() };
};

assert.equal((await cancel('a-guess')).status, 401);
const { status, body } = await cancel(bearer);
assert.equal(status, 202);
assert.deepEqual(body, { ok: true, state: 'CANCELLED' });
const [ofRisk, ofGrowth] = await Promise.all(ended);
assert.deepEqual(ofRisk, { state: 'CANCELLED', reason: 'the customer withdrew' });
assert.equal(ofGrowth?.state, 'CANCELLED');
process.stdout.write('cancel-callback: a wrong bearer got 401, the right one cancelled the session for both agents\n');
