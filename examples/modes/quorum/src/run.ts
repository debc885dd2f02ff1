import assert from 'node:assert/strict';
import { Auth, MacpClient, newSessionId, QuorumSession } from '@macp-agent/core';
import { startRuntime } from '@macp-agent/runtime';

// Quorum mode: a release manager asks for two approvals and cannot commit before both reviewers have given theirs.
await using runtime = await startRuntime();
const sessionId = newSessionId();
const participants = ['manager', 'ada', 'grace'];

let openReview = (): void => undefined;
const reviewIsOpen = new Promise<void>((resolve) => (openReview = resolve));

async function manager(): Promise<QuorumSession> {
  await using client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent('manager') });
  const session = new QuorumSession(client, { sessionId });
  await session.start({ intent: 'release 1.4', participants, ttlMs: 60_000 });
  const stream = session.openStream();
  await session.requestApproval({ requestId: 'r1', action: 'release', summary: 'release 1.4 to everybody', requiredApprovals: 2 });
  const release = { action: 'release', authorityScope: 'production', reason: 'two approvals', outcomePositive: true };
  await assert.rejects(session.commit(release), 'no commitment before the approvals');
  openReview();
  // The state may be ahead of the message at hand, so both approvals may find the quorum.
  let committed = false;
  for await (const { messageType } of stream) {
    if (messageType !== 'Approve' || committed || !session.projection.hasQuorum('r1')) continue;
    committed = true;
    await session.commit(release);
  }
  return session;
}

async function reviewer(name: string): Promise<QuorumSession> {
  await using client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent(name) });
  const session = new QuorumSession(client, { sessionId });
  await reviewIsOpen;
  for await (const { messageType } of session.openStream())
    if (messageType === 'ApprovalRequest') await session.approve({ requestId: 'r1', reason: 'tests are green' });
  return session;
}

for (const session of await Promise.all([manager(), reviewer('ada'), reviewer('grace')])) {
  assert.equal(session.view?.state, 'RESOLVED');
  assert.equal(session.projection.approvalCount('r1'), 2);
  assert.equal(session.view.commitment?.action, 'release');
}
process.stdout.write('quorum: two of two reviewers approved, and only then the release was committed\n');
