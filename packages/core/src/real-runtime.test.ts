import { MODE_DECISION, MODE_MULTI_ROUND } from '@macp-agent/protocol';
import { startRuntime, type Runtime } from '@macp-agent/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Auth } from './auth.js';
import { MacpClient } from './client.js';
import { buildEnvelope } from './envelope.js';
import { newSessionId } from './ids.js';
import { DecisionSession } from './session/decision-session.js';
import { HandoffSession } from './session/handoff-session.js';
import { MultiRoundSession } from './session/multi-round-session.js';
import { ProposalSession } from './session/proposal-session.js';
import { QuorumSession } from './session/quorum-session.js';
import { Session } from './session/session.js';
import type { ReceivedEnvelope } from './session/received-envelope.js';
import { TaskSession } from './session/task-session.js';
import { ModeRegistryWatcher, PolicyWatcher, RootsWatcher, SessionLifecycleWatcher, SignalWatcher } from './watch/watchers.js';
import { isSessionCancelled, isSessionCreated } from './watch/lifecycle-events.js';

const START = { intent: 'decide', participants: ['coord', 'a'], ttlMs: 60_000 };
const COMMIT = { authorityScope: 'team', reason: 'agreed' };

let runtime: Runtime;
let coordinator: MacpClient;
let other: MacpClient;

beforeEach(async () => {
  runtime = await startRuntime();
  const make = (id: string): MacpClient => new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.bearer(id, { expectedSender: id }) });
  coordinator = make('coord');
  other = make('a');
  await Promise.all([coordinator.initialize(), other.initialize()]);
});
afterEach(async () => {
  await Promise.all([coordinator.close(), other.close()]);
  await runtime.close();
});

async function collect(stream: AsyncIterable<ReceivedEnvelope>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { messageType } of stream) seen.push(messageType);
  return seen;
}

describe('every RPC of the runtime', () => {
  it('answers Initialize with its features', () => {
    expect(coordinator.runtime?.selectedProtocolVersion).toBe('1.0');
    expect(coordinator.supports('in_stream_refusals')).toBe(true);
  });

  it('reads and lists sessions, page by page too', async () => {
    const sessions = [new DecisionSession(coordinator), new DecisionSession(coordinator), new DecisionSession(coordinator)];
    for (const session of sessions) await session.start(START);
    const [first] = sessions;
    expect((await first?.metadata())?.metadata).toMatchObject({ initiator: 'coord', state: 'SESSION_STATE_OPEN' });
    expect(await coordinator.listSessions({ pageSize: 2 })).toHaveLength(3);
    expect((await coordinator.listSessionsPage({ pageSize: 2 })).sessions).toHaveLength(2);
    await expect(other.getSession(newSessionId())).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND', grpcStatus: 'NOT_FOUND' });
  });

  it('suspends, resumes and cancels, and refuses others', async () => {
    const session = new DecisionSession(coordinator);
    await session.start(START);
    const theirs = new DecisionSession(other, { sessionId: session.sessionId });
    await expect(theirs.cancel('mine now')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await session.suspend('lunch')).toMatchObject({ ok: true, sessionState: 'SESSION_STATE_SUSPENDED' });
    expect(session.view?.state).toBe('SUSPENDED');
    await expect(session.propose({ proposalId: 'p1', option: 'x' })).rejects.toMatchObject({ code: 'SESSION_NOT_OPEN' });
    await session.resume();
    expect(session.view?.state).toBe('OPEN');
    expect(await session.cancel('enough')).toMatchObject({ sessionState: 'SESSION_STATE_CANCELLED' });
    expect(session.view?.state).toBe('CANCELLED');
  });

  it('registers, reads, lists and removes policies', async () => {
    const policy = { policyId: 'policy.two', mode: MODE_DECISION, description: 'x', rules: '{"voting":{"algorithm":"majority"}}', schemaVersion: 2 };
    expect(await coordinator.registerPolicy(policy)).toMatchObject({ ok: true });
    expect(await coordinator.registerPolicy({ ...policy, policyId: 'policy.bad', rules: '[]' })).toMatchObject({ ok: false });
    expect(await coordinator.getPolicy('policy.two')).toMatchObject({ policyId: 'policy.two' });
    expect((await coordinator.listPolicies(MODE_DECISION)).map(({ policyId }) => policyId)).toContain('policy.two');
    expect(await coordinator.unregisterPolicy('policy.two')).toMatchObject({ ok: true });
    await expect(coordinator.getPolicy('policy.two')).rejects.toMatchObject({ code: 'UNKNOWN_POLICY_VERSION' });
  });

  it('registers, promotes, lists and removes modes, and reads manifest and roots', async () => {
    const descriptor = { mode: 'ext.chat.v1', modeVersion: '1.0.0', title: 'Chat', messageTypes: ['Say', 'Commitment'], terminalMessageTypes: ['Commitment'] };
    await expect(coordinator.registerExtMode({ ...descriptor, terminalMessageTypes: [] })).rejects.toThrow(/Commitment/);
    expect(await coordinator.registerExtMode({ ...descriptor, participantModel: 'declared', determinismClass: 'context-frozen' })).toMatchObject({ ok: true });
    expect((await coordinator.listExtModes()).modes.map(({ mode }) => mode)).toContain('ext.chat.v1');
    const session = new Session(coordinator, 'ext.chat.v1');
    await session.start(START);
    expect(await session.send('Say', Buffer.from('hello'))).toMatchObject({ ok: true });
    expect(await coordinator.promoteMode('ext.chat.v1')).toMatchObject({ ok: true });
    expect((await coordinator.listModes()).modes.map(({ mode }) => mode)).toContain(MODE_DECISION);
    expect(await coordinator.unregisterExtMode('ext.none.v1')).toMatchObject({ ok: false });
    expect((await coordinator.getManifest()).manifest?.supportedModes).toContain(MODE_DECISION);
    await expect(coordinator.getManifest('nobody')).rejects.toMatchObject({ grpcStatus: 'NOT_FOUND' });
    expect(Array.isArray((await coordinator.listRoots()).roots)).toBe(true);
  });

  it('is watched: sessions, policies, modes, roots and signals', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const kinds: string[] = [];
    const sessions = new SessionLifecycleWatcher(coordinator).changes(signal);
    const session = new DecisionSession(coordinator);
    await session.start(START);
    const created = await sessions.next();
    await session.cancel();
    const cancelled = await sessions.next();
    if (created.value !== undefined && isSessionCreated(created.value)) kinds.push('created');
    if (cancelled.value !== undefined && isSessionCancelled(cancelled.value)) kinds.push('cancelled');
    expect(kinds).toEqual(['created', 'cancelled']);

    expect((await new PolicyWatcher(coordinator).nextChange(signal))?.descriptors.length).toBeGreaterThan(0);
    expect(await new ModeRegistryWatcher(coordinator).nextChange(signal)).toBeDefined();
    expect(await new RootsWatcher(coordinator).nextChange(signal)).toBeDefined();

    const signals = new SignalWatcher(other).signals(signal);
    const next = signals.next();
    // A watch that is not open yet misses signals: they are repeated until one arrives.
    const heard = new AbortController();
    void next.then(() => heard.abort());
    while (!heard.signal.aborted) await coordinator.sendSignal({ signalType: 'hello', data: 'x', confidence: 1 });
    expect((await next).value).toMatchObject({ messageType: 'Signal', sender: 'coord' });
    await signals.return();
    controller.abort();
    await expect(sessions.next()).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('takes progress, and has the raw stream', async () => {
    const session = new DecisionSession(coordinator);
    await session.start(START);
    const progress = { sessionId: session.sessionId, mode: MODE_DECISION, progressToken: 't', progress: 1, total: 2 };
    expect(await coordinator.sendProgress(progress)).toMatchObject({ ok: true });
    await using stream = coordinator.openStream();
    const refusals: string[] = [];
    stream.onInlineError(({ code }) => refusals.push(code));
    await stream.sendSubscribe(session.sessionId);
    expect((await stream.read(2_000))?.messageType).toBe('SessionStart');
    await expect(stream.read(1)).rejects.toMatchObject({ code: 'TIMEOUT' });
    const vote = { mode: MODE_DECISION, messageType: 'Vote', sessionId: session.sessionId, payload: { proposalId: 'p9', vote: 'APPROVE' } };
    await stream.send(buildEnvelope(vote));
    await stream.send(buildEnvelope({ ...vote, messageType: 'Proposal', payload: { proposalId: 'p1', option: 'x' } }));
    expect((await stream.read(2_000))?.messageType).toBe('Proposal');
    expect(refusals).toEqual(['INVALID_ENVELOPE']);
    stream.close();
    expect(await stream.read(2_000)).toBeNull();
    await expect(stream.send(buildEnvelope(vote))).rejects.toThrow(/stream is already closed/);
  });
});

describe('a stream of a real runtime', () => {
  it('is opened before the session exists and ends with its commitment', async () => {
    const mine = new DecisionSession(coordinator);
    const theirs = new DecisionSession(other, { sessionId: mine.sessionId });
    const seen = collect(theirs.openStream());
    await mine.start(START);
    await mine.propose({ proposalId: 'p1', option: 'ship' });
    await mine.commit({ ...COMMIT, action: 'decision.selected' });
    expect(await seen).toEqual(['SessionStart', 'Proposal', 'Commitment']);
  });

  it('carries refusals with their code', async () => {
    const session = new DecisionSession(coordinator, { sendVia: 'stream' });
    await session.start(START);
    const stream = session.openStream();
    await stream.read();
    await session.propose({ proposalId: 'p1', option: 'ship' });
    await expect(session.propose({ proposalId: 'p1', option: 'ship' })).rejects.toMatchObject({ code: 'INVALID_ENVELOPE', name: 'MacpAckError' });
    expect(await session.vote({ proposalId: 'p1', vote: 'APPROVE' })).toMatchObject({ ok: true });
  });

  it('fails for a stranger, with a typed error', async () => {
    const session = new DecisionSession(coordinator);
    await session.start({ ...START, participants: ['coord'] });
    await expect(new DecisionSession(other, { sessionId: session.sessionId }).openStream().read()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it.each(['cancel', 'expiry'])('ends after everything accepted was delivered: %s', async (way) => {
    const session = new DecisionSession(coordinator);
    await session.start({ ...START, ttlMs: way === 'expiry' ? 300 : 60_000 });
    await session.propose({ proposalId: 'p1', option: 'ship' });
    const stream = new DecisionSession(other, { sessionId: session.sessionId }).openStream();
    const seen = collect(stream);
    if (way === 'cancel') await session.cancel('enough');
    expect(await seen).toEqual(['SessionStart', 'Proposal']);
    expect(stream.state).toBe(way === 'cancel' ? 'CANCELLED' : 'EXPIRED');
  });

  it('goes through suspension', async () => {
    const session = new DecisionSession(coordinator);
    await session.start(START);
    const stream = new DecisionSession(other, { sessionId: session.sessionId }).openStream();
    const states: string[] = [];
    stream.onLifecycle(({ state }) => states.push(state));
    const seen = collect(stream);
    await session.suspend();
    await session.resume();
    await session.cancel();
    expect(await seen).toEqual(['SessionStart']);
    expect(states.slice(-3)).toEqual(['SUSPENDED', 'OPEN', 'CANCELLED']);
  });
});

describe('a session of every mode', () => {
  const joined = <S>(Kind: new (client: MacpClient, options: { sessionId: string }) => S, session: { sessionId: string }): S =>
    new Kind(other, { sessionId: session.sessionId });

  it('proposal: counter, accept, commit', async () => {
    const session = new ProposalSession(coordinator);
    await session.start(START);
    const theirs = joined(ProposalSession, session);
    const seen = collect(session.openStream());
    await session.propose({ proposalId: 'p1', title: 'Ten', tags: ['first'] });
    await theirs.counterPropose({ proposalId: 'p2', supersedesProposalId: 'p1', title: 'Eight' });
    await session.reject({ proposalId: 'p1' });
    await session.withdraw({ proposalId: 'p1' });
    await theirs.accept({ proposalId: 'p2' });
    await session.accept({ proposalId: 'p2' });
    await session.commit({ ...COMMIT, action: 'proposal.accepted' });
    expect(await seen).toHaveLength(8);
    expect(session.projection.acceptedProposal()).toBe('p2');
    expect(session.projection.liveProposals().map(({ proposalId }) => proposalId)).toEqual(['p2']);
    expect(session.projection.latestProposal()?.proposalId).toBe('p2');
    expect(session.projection.hasTerminalRejection()).toBe(false);
    expect(session.projection.isAccepted('p2')).toBe(true);
  });

  it('task: request, accept, update, complete, commit', async () => {
    const session = new TaskSession(coordinator);
    await session.start(START);
    const theirs = joined(TaskSession, session);
    const seen = collect(session.openStream());
    await session.requestTask({ taskId: 't1', title: 'Count', instructions: 'Count them', requestedAssignee: 'a' });
    await theirs.acceptTask({ taskId: 't1' });
    await theirs.updateTask({ taskId: 't1', status: 'half', progress: 0.5 });
    await theirs.completeTask({ taskId: 't1', output: '42' });
    await session.commit({ ...COMMIT, action: 'task.completed' });
    expect(await seen).toHaveLength(6);
    expect(session.projection.isComplete('t1')).toBe(true);
    expect(session.projection.progressOf('t1')).toBe(0.5);
    expect(session.projection.assignee).toBe('a');
    expect(session.projection.activeTasks()).toEqual([]);
  });

  it('task: reject, accept by another, fail', async () => {
    const session = new TaskSession(coordinator);
    await session.start(START);
    const theirs = joined(TaskSession, session);
    await session.requestTask({ taskId: 't1', title: 'Count', instructions: 'Count them' });
    await theirs.acceptTask({ taskId: 't1' });
    await theirs.failTask({ taskId: 't1', errorCode: 'E1', retryable: true });
    const seen = collect(session.openStream());
    await session.commit({ ...COMMIT, action: 'task.failed' });
    await seen;
    expect(session.projection.isRetryable('t1')).toBe(true);
    expect(session.projection.isPositiveOutcome).toBe(false);
  });

  it('handoff: offer, context, accept, commit', async () => {
    const session = new HandoffSession(coordinator);
    await session.start(START);
    const theirs = joined(HandoffSession, session);
    const seen = collect(session.openStream());
    await session.offer({ handoffId: 'h1', targetParticipant: 'a', scope: 'shift' });
    await session.addContext({ handoffId: 'h1', contentType: 'text/plain', context: 'notes' });
    await theirs.decline({ handoffId: 'h1', reason: 'busy' });
    await session.offer({ handoffId: 'h2', targetParticipant: 'a' });
    await theirs.acceptHandoff({ handoffId: 'h2' });
    await session.commit({ ...COMMIT, action: 'handoff.accepted' });
    expect(await seen).toHaveLength(7);
    expect(session.projection.isDeclined('h1')).toBe(true);
    expect(session.projection.hasAcceptedOffer()).toBe(true);
    expect(session.projection.isImplicitlyAccepted('h2')).toBe(false);
    expect(session.projection.activeOffer).toBeUndefined();
  });

  it('quorum: request, ballots, commit', async () => {
    const session = new QuorumSession(coordinator);
    await session.start({ ...START, participants: ['coord', 'a', 'b'] });
    const theirs = joined(QuorumSession, session);
    const seen = collect(session.openStream());
    await session.requestApproval({ requestId: 'r1', action: 'deploy', summary: 'Deploy it', requiredApprovals: 2 });
    await session.approve({ requestId: 'r1' });
    await theirs.approve({ requestId: 'r1', reason: 'fine' });
    await session.commit({ ...COMMIT, action: 'quorum.approved' });
    expect(await seen).toHaveLength(5);
    expect(session.projection.hasQuorum('r1')).toBe(true);
    expect(session.projection.votedSenders()).toEqual(['coord', 'a']);
    expect(session.projection.remainingVotesNeeded()).toBe(0);
    expect(session.projection.isThresholdUnreachable('r1', 3)).toBe(false);
  });

  it('multi-round: contribute until equal', async () => {
    const session = new MultiRoundSession(coordinator);
    expect(session.mode).toBe(MODE_MULTI_ROUND);
    await session.start(START);
    const theirs = joined(MultiRoundSession, session);
    const seen = collect(session.openStream());
    await session.contribute({ value: 'red' });
    await theirs.contribute({ value: 'blue' });
    await theirs.contribute({ value: 'red' });
    await session.commit({ ...COMMIT, action: 'multi_round.accepted' });
    expect(await seen).toHaveLength(5);
    expect(session.projection.converged).toBe(true);
  });
});
