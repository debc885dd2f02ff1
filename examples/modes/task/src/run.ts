import assert from 'node:assert/strict';
import { Auth, MacpClient, newSessionId, TaskSession } from '@macp-agent/core';
import { startRuntime } from '@macp-agent/runtime';

// Task mode: a planner asks, a worker accepts, tells how far it is, and hands in its output; the planner commits what came out.
await using runtime = await startRuntime();
const sessionId = newSessionId();
const participants = ['planner', 'worker'];

async function planner(): Promise<TaskSession> {
  await using client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent('planner') });
  const session = new TaskSession(client, { sessionId });
  await session.start({ intent: 'sum up a document', participants, ttlMs: 60_000 });
  const stream = session.openStream();
  await session.requestTask({ taskId: 't1', title: 'summary', instructions: 'count the words', requestedAssignee: 'worker', input: 'one two three' });
  for await (const { messageType } of stream) {
    if (messageType === 'TaskComplete')
      await session.commit({ action: 'summary accepted', authorityScope: 'documents', reason: 'the worker is done', outcomePositive: true });
  }
  return session;
}

async function worker(): Promise<TaskSession> {
  await using client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent('worker') });
  const session = new TaskSession(client, { sessionId });
  for await (const { messageType } of session.openStream()) {
    if (messageType !== 'TaskRequest') continue;
    const words = Buffer.from(session.projection.task?.input ?? [])
      .toString('utf8')
      .split(' ');
    await session.acceptTask({ taskId: 't1' });
    await session.updateTask({ taskId: 't1', status: 'counting', progress: 0.5 });
    await session.completeTask({ taskId: 't1', output: String(words.length), summary: `${words.length} words` });
  }
  return session;
}

for (const session of await Promise.all([planner(), worker()])) {
  const { projection, view } = session;
  assert.equal(view?.state, 'RESOLVED');
  assert.equal(projection.assignee, 'worker');
  assert.equal(projection.latestProgress()?.progress, 0.5);
  assert.ok(projection.isComplete('t1'));
  assert.equal(projection.completions[0]?.summary, '3 words');
}
process.stdout.write('task: the worker accepted, reported half way, handed in "3 words", and the planner committed it\n');
