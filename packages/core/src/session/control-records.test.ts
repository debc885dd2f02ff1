import { randomUUID } from 'node:crypto';
import { startRuntime } from '@macp-agent/runtime';
import { expect, it } from 'vitest';
import { Auth } from '../auth.js';
import { MacpClient } from '../client.js';
import { DecisionSession } from './decision-session.js';

const START = { intent: 'decide', participants: ['lead', 'peer'], ttlMs: 60_000 };

it('counts what the runtime writes, shows it in the view, and hands only messages to readers', async () => {
  await using runtime = await startRuntime();
  await using client = new MacpClient({ address: runtime.address, allowInsecure: true });
  const sessionId = randomUUID();
  const lead = new DecisionSession(client, { sessionId, auth: Auth.devAgent('lead') });
  const peer = new DecisionSession(client, { sessionId, auth: Auth.devAgent('peer') });
  await lead.start(START);
  const stream = peer.openStream();
  await lead.suspend('wait');
  await lead.resume('go on');
  await lead.propose({ proposalId: 'p1', option: 'go', rationale: '' });
  expect((await stream.read(5_000))?.messageType).toBe('SessionStart');
  const proposal = await stream.read(5_000);
  expect([proposal?.messageType, proposal?.sequence]).toEqual(['Proposal', 4]);
  expect(peer.view).toMatchObject({ state: 'OPEN', ordinal: 4 });
  expect(peer.projection.transcript.map(({ messageType }) => messageType)).toEqual(['SessionStart', 'Proposal']);

  await using resumed = peer.openStream({ afterSequence: stream.lastSequence });
  await lead.propose({ proposalId: 'p2', option: 'stay', rationale: '' });
  expect((await resumed.read(5_000))?.sequence).toBe(5);
  await lead.cancel('enough');
  expect(await resumed.read(5_000)).toBeNull();
  expect(resumed.state).toBe('CANCELLED');
});
