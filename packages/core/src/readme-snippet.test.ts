import { startRuntime } from '@macp-agent/runtime';
import { afterEach, expect, it, vi } from 'vitest';
import { Auth, DecisionSession, MacpClient } from './index.js';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it('the agent of the README evaluates, and ends with the session', async () => {
  await using runtime = await startRuntime();
  await using lead = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent('lead') });
  const session = new DecisionSession(lead);
  vi.stubEnv('MACP_SESSION_ID', session.sessionId);
  vi.stubEnv('MACP_PARTICIPANT_ID', 'ann');
  vi.stubEnv('MACP_RUNTIME_ADDRESS', runtime.address);
  vi.stubEnv('MACP_RUNTIME_TOKEN', 'ann');
  vi.stubEnv('MACP_RUNTIME_TLS', 'false');
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);

  const agent = import('./readme-snippet.test.fixture.js');
  await session.start({ intent: 'decide', participants: ['lead', 'ann'], ttlMs: 60_000 });
  await session.propose({ proposalId: 'p1', option: 'ship' });
  for await (const { messageType } of session.openStream()) {
    if (messageType === 'Evaluation') await session.commit({ action: 'shipped', authorityScope: 'team', reason: 'approved' });
  }
  await agent;
  expect(session.projection.evaluations).toMatchObject([{ sender: 'ann', recommendation: 'APPROVE' }]);
  expect(printed).toHaveBeenCalledWith('RESOLVED: shipped\n');
});
