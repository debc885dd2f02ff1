import { describe, expect, it } from 'vitest';
import { Auth } from '../auth.js';
import { MacpClient } from '../client.js';
import type { MacpSdkError } from '../errors.js';
import { ScriptedRuntime, type Script } from '../scripted-runtime.test.support.js';
import { DecisionSession } from './decision-session.js';
import type { ReceivedEnvelope } from './received-envelope.js';
import type { SessionStream } from './session-stream.js';

const START = { intent: 'ship it', participants: ['coord', 'a'], ttlMs: 60_000 };

function clientOf(runtime: { address: string }, id: string): MacpClient {
  return new MacpClient({ address: runtime.address, allowInsecure: true, lifecyclePollMs: 50, auth: Auth.bearer(id, { expectedSender: id }) });
}

async function both(script: Script = {}) {
  const runtime = await ScriptedRuntime.start(script);
  const coordinator = clientOf(runtime, 'coord');
  const other = clientOf(runtime, 'a');
  await Promise.all([coordinator.initialize(), other.initialize()]);
  const mine = new DecisionSession(coordinator);
  const theirs = new DecisionSession(other, { sessionId: mine.sessionId });
  return {
    runtime,
    mine,
    theirs,
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all([coordinator.close(), other.close()]);
      runtime.close();
    },
  };
}

async function decide(session: DecisionSession): Promise<void> {
  await session.start(START);
  await session.propose({ proposalId: 'p1', option: 'ship' });
  await session.vote({ proposalId: 'p1', vote: 'approve' });
  await session.commit({ action: 'decision.selected', authorityScope: 'team', reason: 'agreed' });
}

const types = (envelopes: ReceivedEnvelope[]): string[] => envelopes.map(({ messageType, sequence }) => `${sequence} ${messageType}`);

async function collect(stream: AsyncIterable<ReceivedEnvelope>): Promise<ReceivedEnvelope[]> {
  const seen: ReceivedEnvelope[] = [];
  for await (const envelope of stream) seen.push(envelope);
  return seen;
}

describe('following a session', () => {
  it('waits for a session that does not exist yet, gives everything in order, and ends with the commitment', async () => {
    await using world = await both();
    const stream = world.theirs.openStream();
    const seen = collect(stream);
    await world.runtime.until(() => world.runtime.streamsOpened > 0);
    await decide(world.mine);
    expect(types(await seen)).toEqual(['1 SessionStart', '2 Proposal', '3 Vote', '4 Commitment']);
    expect(stream.state).toBe('RESOLVED');
    expect(world.theirs.view?.state).toBe('RESOLVED');
    expect(world.theirs.projection.majorityWinner()).toBe('p1');
  });

  it('gives the whole history of a session that has ended, and ends', async () => {
    await using world = await both();
    await decide(world.mine);
    expect(types(await collect(world.theirs.openStream()))).toHaveLength(4);
    expect(types(await collect(world.theirs.openStream({ afterSequence: 3 })))).toEqual(['4 Commitment']);
    expect(await collect(world.theirs.openStream({ afterSequence: 4 }))).toEqual([]);
  });

  it('takes the subscription of code for raw streams: what follows an ordinal, over a view of everything', async () => {
    await using world = await both();
    await decide(world.mine);
    const stream = world.theirs.openStream();
    await stream.sendSubscribe(world.theirs.sessionId, 3);
    expect(types(await collect(stream))).toEqual(['4 Commitment']);
    expect(world.theirs.projection.voteTotals()).toEqual({ p1: 1 });
    const later = world.theirs.openStream({ afterSequence: 2 });
    await expect(later.sendSubscribe(world.theirs.sessionId, 1)).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    await expect(later.sendSubscribe('another')).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  it('ends when the session is cancelled, after every accepted envelope', async () => {
    await using world = await both();
    await world.mine.start(START);
    await world.mine.propose({ proposalId: 'p1', option: 'ship' });
    const stream = world.theirs.openStream();
    const states: string[] = [];
    stream.onLifecycle(({ state }) => states.push(state));
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await world.mine.cancel('no longer needed');
    expect((await iterator.next()).value).toMatchObject({ messageType: 'Proposal' });
    expect((await iterator.next()).done).toBe(true);
    expect(stream.state).toBe('CANCELLED');
    expect(states.at(-1)).toBe('CANCELLED');
    expect(world.theirs.view?.state).toBe('CANCELLED');
  });

  it('polls for the end where WatchSessions is not to be had', async () => {
    await using world = await both({ watchSessions: false });
    await world.mine.start(START);
    const stream = world.theirs.openStream();
    const seen = collect(stream);
    await world.runtime.until(() => world.runtime.streamsOpened > 0);
    await world.mine.cancel();
    await seen;
    expect(stream.state).toBe('CANCELLED');
  });

  it.each<[string, (stream: SessionStream, controller: AbortController) => Promise<unknown>]>([
    [
      'break',
      async (stream) => {
        for await (const envelope of stream.responses()) if (envelope.sequence === 1) break;
        return stream.read();
      },
    ],
    [
      'close',
      async (stream) => {
        await stream.read();
        stream.close();
        return stream.read();
      },
    ],
    [
      'its signal',
      async (stream, controller) => {
        await stream.read();
        controller.abort();
        return stream.read().catch((error: unknown) => error);
      },
    ],
  ])('cancels the call at the runtime by %s', async (way, leave) => {
    await using world = await both();
    await world.mine.start(START);
    const controller = new AbortController();
    const last = await leave(world.theirs.openStream({ signal: controller.signal }), controller);
    await world.runtime.until(() => world.runtime.streamsCancelled > 0);
    expect(last === null ? way : (last as MacpSdkError).code).toBe(way === 'its signal' ? 'ABORTED' : way);
  });

  it('resumes after the last ordinal when its connection breaks', async () => {
    await using world = await both();
    await world.mine.start(START);
    const stream = world.theirs.openStream();
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    const opened = world.runtime.streamsOpened;
    world.runtime.breakStreams(14, 'going away');
    await world.mine.propose({ proposalId: 'p1', option: 'ship' });
    expect((await iterator.next()).value).toMatchObject({ messageType: 'Proposal', sequence: 2 });
    expect(world.runtime.streamsOpened).toBe(opened + 1);
    stream.close();
  });

  it('drops what a resumed stream delivers twice', async () => {
    await using world = await both({
      subscribe(call, sessionId) {
        // A runtime that ignores the ordinal and always begins at the start.
        const held = world.runtime.sessions.get(sessionId);
        if (held === undefined) return false;
        for (const envelope of held.log) call.write({ envelope });
        held.streams.add(call);
        return true;
      },
    });
    await world.mine.start(START);
    const stream = world.theirs.openStream();
    const first = await stream.read();
    const seen = collect(stream);
    world.runtime.breakStreams(14, 'going away');
    await world.mine.propose({ proposalId: 'p1', option: 'ship' });
    await world.runtime.until(() => world.runtime.streamsOpened > 1);
    await world.mine.vote({ proposalId: 'p1', vote: 'APPROVE' });
    await world.mine.commit({ action: 'decision.selected', authorityScope: 'team', reason: 'agreed' });
    expect(first?.sequence).toBe(1);
    expect(types(await seen)).toEqual(['2 Proposal', '3 Vote', '4 Commitment']);
  });

  it.each([
    [
      'in-stream, as the reference runtime does',
      (call: Parameters<NonNullable<Script['subscribe']>>[0]) =>
        call.write({
          error: {
            code: 'FORBIDDEN: caller is not a declared participant',
            message: 'FORBIDDEN: caller is not a declared participant',
            sessionId: '',
            messageId: '',
            details: Buffer.alloc(0),
          },
        }),
    ],
    ['as a status', (call: Parameters<NonNullable<Script['subscribe']>>[0]) => call.emit('error', { code: 7, details: 'FORBIDDEN' })],
  ])('fails with FORBIDDEN when it may not follow: %s', async (_name, refuse) => {
    await using world = await both({
      subscribe(call) {
        refuse(call);
        return true;
      },
    });
    await expect(world.theirs.openStream().read()).rejects.toMatchObject({ code: 'FORBIDDEN', name: 'MacpTransportError' });
  });

  it('fails with SESSION_NOT_FOUND when the runtime has forgotten the session, after what was received', async () => {
    await using world = await both();
    await world.mine.start(START);
    const stream = world.theirs.openStream();
    await world.runtime.until(() => world.runtime.sessions.get(world.mine.sessionId)?.streams.size === 1);
    const held = world.runtime.sessions.get(world.mine.sessionId);
    expect((await stream.read())?.messageType).toBe('SessionStart');
    world.runtime.sessions.clear();
    for (const call of held?.streams ?? []) call.emit('error', { code: 14, details: 'restarted without storage' });
    await expect(stream.read()).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
      message: expect.stringContaining('no longer knows this session, after ordinal 1') as string,
    });
  });

  it('gives up waiting for a session after its limit', async () => {
    await using world = await both();
    await expect(world.theirs.openStream({ waitForSessionMs: 1 }).read()).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  it('holds the runtime back while its reader is slow, and loses nothing', async () => {
    await using world = await both();
    await world.mine.start(START);
    await world.mine.propose({ proposalId: 'p1', option: 'ship' });
    const stream = world.theirs.openStream({ bufferSize: 4 });
    for (let index = 0; index < 300; index += 1) {
      const evaluation = { proposalId: 'p1', recommendation: 'APPROVE', confidence: 1, reason: `${index}` };
      await world.mine.evaluate(evaluation, { raiseOnNack: true });
    }
    await world.mine.vote({ proposalId: 'p1', vote: 'APPROVE' });
    await world.mine.commit({ action: 'decision.selected', authorityScope: 'team', reason: 'agreed' });
    const seen = await collect(stream);
    expect(seen.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 304 }, (_value, index) => index + 1));
  });
});

describe('sending on the stream of a session', () => {
  it('takes the own echo as acknowledgement and counts the message once', async () => {
    await using world = await both();
    await world.mine.start(START);
    const stream = world.mine.openStream();
    await stream.read();
    const before = world.runtime.sent.length;
    const ack = await world.mine.propose({ proposalId: 'p1', option: 'ship' });
    expect(ack).toMatchObject({ ok: true, duplicate: false, sessionState: 'SESSION_STATE_OPEN' });
    expect(world.runtime.sent.length).toBe(before);
    expect(world.mine.view?.ordinal).toBe(2);
    await stream.read();
    expect(world.mine.view?.ordinal).toBe(2);
    expect([...world.mine.projection.proposals.keys()]).toEqual(['p1']);
  });

  it('raises a refusal on the stream as the error of the message, and stays open', async () => {
    await using world = await both();
    await world.mine.start(START);
    const stream = world.mine.openStream();
    await stream.read();
    await world.mine.propose({ proposalId: 'p1', option: 'ship' });
    await expect(world.mine.propose({ proposalId: 'p1', option: 'ship' })).rejects.toMatchObject({ name: 'MacpAckError', code: 'INVALID_ENVELOPE' });
    expect(await world.mine.propose({ proposalId: 'p2', option: 'wait' })).toMatchObject({ ok: true });
  });

  it('ends with ABORTED at once when its signal fires, although no echo has come', async () => {
    await using world = await both();
    await world.mine.start(START);
    const stream = world.mine.openStream();
    await stream.read();
    // Nothing that is written from now on is answered.
    world.runtime.sessions.delete(world.mine.sessionId);
    const controller = new AbortController();
    const began = performance.now();
    const sent = world.mine.send('Proposal', { proposalId: 'p1', option: 'ship' }, { signal: controller.signal, timeoutMs: 60_000, via: 'stream' });
    controller.abort();
    await expect(sent).rejects.toMatchObject({ code: 'ABORTED' });
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(world.runtime.sent.filter(({ messageType }) => messageType === 'Proposal')).toEqual([]);
  });

  it('sends the same message by unary Send when the stream breaks before the echo', async () => {
    await using world = await both({
      send(envelope, _count, answer) {
        if (envelope.messageType !== 'Vote') return false;
        answer(null, { ack: world.runtime.accept(envelope, 'coord') });
        return true;
      },
    });
    await world.mine.start(START);
    await world.mine.propose({ proposalId: 'p1', option: 'ship' });
    const stream = world.mine.openStream();
    await stream.read();
    await stream.read();
    const held = world.runtime.sessions.get(world.mine.sessionId);
    // Accepted, but the stream is gone before it can echo.
    for (const call of held?.streams ?? []) {
      call.removeAllListeners('data');
      call.on('data', () => call.emit('error', { code: 14, details: 'going away' }));
    }
    const ack = await world.mine.vote({ proposalId: 'p1', vote: 'APPROVE' });
    expect(ack.ok).toBe(true);
    expect(held?.log.filter(({ messageType }) => messageType === 'Vote')).toHaveLength(1);
  });

  it('keeps to unary Send where the runtime does not report refusals on streams', async () => {
    await using world = await both({ features: {} });
    await world.mine.start(START);
    await world.mine.openStream().read();
    await world.mine.propose({ proposalId: 'p1', option: 'ship' });
    expect(world.runtime.sent.map(({ messageType }) => messageType)).toEqual(['SessionStart', 'Proposal']);
    const forced = new DecisionSession(world.mine.client, { sessionId: world.mine.sessionId, sendVia: 'stream' });
    await expect(forced.vote({ proposalId: 'p1', vote: 'APPROVE' })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });
});
