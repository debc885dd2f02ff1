// What users of macp-sdk-typescript have in their files, with the name of the package replaced and nothing else.
import {
  agent,
  Auth,
  buildDecisionPolicy,
  DecisionSession,
  MacpAckError,
  MacpClient,
  POLICY_DENIED,
  QuorumSession,
  TaskSession,
  type CommitmentPayload,
  type PolicyDescriptor,
} from '@macp-agent/core';

const connect = (address: string, id: string): MacpClient =>
  new MacpClient({ address, secure: false, allowInsecure: true, auth: Auth.devAgent(id), defaultDeadlineMs: 5000 });

export async function runDecision(address: string): Promise<{ winner: string | undefined; phase: string; denied: string[]; transcript: string[] }> {
  const alice = connect(address, 'alice');
  const bob = connect(address, 'bob');
  await alice.initialize(5000);
  const policy: PolicyDescriptor = buildDecisionPolicy('policy.majority', 'Majority of two votes', {
    voting: { algorithm: 'majority', threshold: 0.5, quorum: { type: 'count', value: 2 } },
    commitment: { requireVoteQuorum: true },
  });
  await alice.registerPolicy(policy);

  const session = new DecisionSession(alice, { policyVersion: policy.policyId });
  const stream = session.openStream();
  await stream.sendSubscribe(session.sessionId);
  await session.start({ intent: 'pick a deployment plan', participants: ['alice', 'bob'], ttlMs: 60_000 });
  await session.propose({ proposalId: 'p1', option: 'deploy v2.1', rationale: 'tests passed' });

  const voter = new DecisionSession(bob, { sessionId: session.sessionId, policyVersion: policy.policyId });
  await voter.evaluate({ proposalId: 'p1', recommendation: 'approve', confidence: 0.9, reason: 'looks good' });
  const denied: string[] = [];
  try {
    await session.commit({ action: 'deployment.approved', authorityScope: 'release', reason: 'nobody voted' });
  } catch (error) {
    if (!(error instanceof MacpAckError) || error.failure.code !== POLICY_DENIED) throw error;
    denied.push(...error.failure.reasons);
  }
  await voter.vote({ proposalId: 'p1', vote: 'approve', reason: 'ship it' });
  await session.vote({ proposalId: 'p1', vote: 'approve' });
  await session.commit({ action: 'deployment.approved', authorityScope: 'release', reason: 'majority approved' });

  for await (const envelope of stream.responses()) {
    session.projection.applyEnvelope(envelope, alice.protoRegistry);
    if (envelope.messageType === 'Commitment') break;
  }
  const { projection } = session;
  const transcript = projection.transcript.map((envelope) => envelope.messageType);
  const { metadata } = await session.metadata();
  if (metadata.state !== 'SESSION_STATE_RESOLVED') throw new Error(`state ${metadata.state}`);
  await Promise.all([alice.close(), bob.close()]);
  return { winner: projection.majorityWinner(), phase: projection.phase, denied, transcript };
}

export async function runQuorum(address: string): Promise<{ approvals: number; positive: boolean | undefined }> {
  const [lead, dev] = [connect(address, 'lead'), connect(address, 'dev')];
  const session = new QuorumSession(lead);
  await session.start({ intent: 'approve the release', participants: ['lead', 'dev'], ttlMs: 60_000 });
  await session.requestApproval({ requestId: 'r1', action: 'release', summary: 'release 2.1', requiredApprovals: 2 });
  const other = new QuorumSession(dev, { sessionId: session.sessionId });
  const raw = lead.openStream();
  await raw.sendSubscribe(session.sessionId);
  await session.approve({ requestId: 'r1', reason: 'ready' });
  await other.approve({ requestId: 'r1' });
  while (!session.projection.hasQuorum('r1')) {
    const envelope = await raw.read(5000);
    if (envelope === null) break;
    session.projection.applyEnvelope(envelope, lead.protoRegistry);
  }
  await session.commit({ action: 'release.approved', authorityScope: 'release', reason: 'quorum' });
  raw.close();
  await Promise.all([lead.close(), dev.close()]);
  return { approvals: session.projection.approvalCount('r1'), positive: session.projection.isPositiveOutcome };
}

export async function runTask(address: string): Promise<{ state: string; commitment: Pick<CommitmentPayload, 'action'> | undefined }> {
  const [planner, worker] = [connect(address, 'planner'), connect(address, 'worker')];
  const sessionId = new TaskSession(planner).sessionId;
  const working = new agent.Participant({ participantId: 'worker', sessionId, mode: 'macp.mode.task.v1', client: worker, auth: Auth.devAgent('worker') })
    .on('TaskRequest', async (event, ctx) => {
      const taskId = String(event.payload['taskId']);
      await ctx.actions.acceptTask({ taskId, assignee: 'worker' });
      await ctx.actions.send('TaskUpdate', { taskId, status: 'working', progress: 0.5 });
      await ctx.actions.completeTask({ taskId, assignee: 'worker', summary: 'done' });
    })
    .run();
  const planning = new agent.Participant({
    participantId: 'planner',
    sessionId,
    mode: 'macp.mode.task.v1',
    client: planner,
    initiator: {
      sessionStart: { intent: 'count', participants: ['planner', 'worker'], ttlMs: 60_000 },
      kickoff: { messageType: 'TaskRequest', payload: { taskId: 't1', title: 'Count', instructions: 'Count the files' } },
    },
  })
    .onPhaseChange('Completed', async (_phase, ctx) => {
      await ctx.actions.commit?.({ action: 'task.completed', authorityScope: 'task', reason: 'reported' });
    })
    .onTerminal(({ state }) => void state);
  const result = await planning.run();
  await working;
  await Promise.all([planner.close(), worker.close()]);
  return { state: result.state, commitment: result.commitment };
}
