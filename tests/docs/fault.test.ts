import { Auth, DecisionSession, MacpClient } from '@macp-agent/core';
import { startFaultProxy, startTestRuntime } from '@macp-agent/testing';
import { expect, it } from 'vitest';

it('a session survives a cut connection', async () => {
  // #region fault
  await using runtime = await startTestRuntime();
  await using proxy = await startFaultProxy(runtime.address);
  await using client = new MacpClient({ address: proxy.address, allowInsecure: true, auth: Auth.devAgent('ann') });

  const session = new DecisionSession(client);
  await session.start({ intent: 'decide', participants: ['ann'], ttlMs: 60_000 });
  const stream = session.openStream();
  await stream.read();

  proxy.cut(); // also: hold() and release(), refuse() and accept()
  await session.propose({ proposalId: 'p1', option: 'ship' });
  expect(await stream.read()).toMatchObject({ messageType: 'Proposal', sequence: 2 });
  // #endregion
  expect(proxy.connections).toBeGreaterThan(0);
});
