import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Harness, upTo } from '../harness.test.support.js';

interface Frame {
  readonly event: string;
  readonly id: number | undefined;
  readonly data: Record<string, unknown>;
}

/** Reads frames until the answer ends or `enough` says so. */
async function readFrames(url: URL, headers: Record<string, string> = {}, enough: (frames: readonly Frame[]) => boolean = () => false): Promise<Frame[]> {
  const stop = new AbortController();
  const response = await fetch(url, { headers, signal: stop.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const frames: Frame[] = [];
  let rest = '';
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const parts = (rest + String(chunk)).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) frames.push(parse(part));
    if (enough(frames)) break;
  }
  stop.abort();
  return frames;
}

function parse(text: string): Frame {
  const fields = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const));
  const id = fields.get('id');
  return {
    event: fields.get('event') ?? '',
    id: id === undefined ? undefined : Number(id),
    data: JSON.parse(fields.get('data') ?? '{}') as Record<string, unknown>,
  };
}

const ids = (frames: readonly Frame[]): number[] => frames.filter((frame) => frame.event === 'canonical_event').map((frame) => frame.id ?? 0);

describe('the live stream of a run', () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await Harness.start();
  });
  afterEach(async () => {
    await harness.close();
  });
  const stream = (id: string, query: string): URL => new URL(`runs/${id}/stream?${query}`, harness.plane.url);
  const known = (id: string): Promise<void> => vi.waitFor(async () => expect((await harness.run(id)).lastOrdinal).toBe(2), { timeout: 10_000, interval: 20 });

  it('sends the history from 0 when asked, then what happens, and names the end', async () => {
    const { id, lead } = await harness.open();
    await known(id);
    const reading = readFrames(stream(id, 'afterSeq=0&includeSnapshot=false'));
    await harness.decide(id, lead);
    const frames = await reading;
    const { lastEventSeq } = await harness.run(id);
    expect(ids(frames)).toEqual(upTo(lastEventSeq));
    expect(frames.at(-1)).toMatchObject({ event: 'end', data: { status: 'completed', lastSeq: lastEventSeq } });
  });

  it('resumes after the last event that a reader saw', async () => {
    const { id, lead } = await harness.open();
    await harness.decide(id, lead);
    const first = await readFrames(stream(id, 'afterSeq=0&includeSnapshot=false'), {}, (frames) => frames.length >= 3);
    const last = ids(first).at(-1) ?? 0;
    const second = await readFrames(stream(id, 'includeSnapshot=false'), { 'last-event-id': String(last) });
    const { lastEventSeq } = await harness.run(id);
    expect([...ids(first), ...ids(second)]).toEqual(upTo(lastEventSeq));
  });

  it('takes the whole history, nothing old, or the next event for a last id of 0, of the last event, or beyond it', async () => {
    const { id, lead } = await harness.open();
    await known(id);
    const { lastEventSeq: before } = await harness.run(id);
    const resumed = [0, before, before + 900].map((last) => readFrames(stream(id, 'includeSnapshot=false'), { 'last-event-id': String(last) }));
    await vi.waitFor(async () => expect(await (await fetch(new URL('metrics', harness.plane.url))).text()).toContain('active_sse_connections 3'));
    await harness.decide(id, lead);
    const all = await Promise.all(resumed);
    const { lastEventSeq } = await harness.run(id);
    const whole = upTo(lastEventSeq);
    expect(all.map(ids)).toEqual([whole, whole.slice(before), whole.slice(before)]);
    expect(all.map((frames) => frames.at(-1)?.data['lastSeq'])).toEqual([lastEventSeq, lastEventSeq, lastEventSeq]);
  });

  it('refuses a last id that is no sequence number, instead of leaving events out', async () => {
    const { id } = await harness.open();
    await known(id);
    for (const last of ['garbage', '-1', '1.5']) {
      const response = await fetch(stream(id, ''), { headers: { 'last-event-id': last } });
      expect([response.status, ((await response.json()) as { message: string }).message]).toEqual([
        400,
        expect.stringContaining('headers.last-event-id must be'),
      ]);
    }
    const query = await fetch(stream(id, 'afterSeq=x'));
    expect([query.status, ((await query.json()) as { message: string }).message]).toEqual([
      400,
      expect.stringContaining('querystring.afterSeq must be integer'),
    ]);
  });

  it('answers at once, though nothing happens in the run', async () => {
    const { id } = await harness.open();
    await known(id);
    const signal = AbortSignal.timeout(5_000);
    const response = await fetch(stream(id, 'includeSnapshot=false&heartbeatMs=120000'), { signal });
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });

  it('waits for a reader that takes its time, and leaves nothing out', async () => {
    const { id, lead } = await harness.open(600_000);
    await known(id);
    const socket = connect(harness.plane.port, '127.0.0.1');
    socket.write(`GET /runs/${id}/stream?afterSeq=0&includeSnapshot=false HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await once(socket, 'readable');
    // Nothing is read from here on, and the system between them holds far less than what comes.
    const voice = harness.session('fraud-agent', id);
    const reason = 'a long reason '.repeat(1_000);
    const ENVELOPES = 400;
    for (let sent = 0; sent < ENVELOPES; sent += 50)
      await Promise.all(Array.from({ length: 50 }, () => voice.evaluate({ proposalId: 'p1', recommendation: 'REVIEW', confidence: 0.5, reason })));
    await lead.cancel('enough');
    await vi.waitFor(async () => expect((await harness.run(id)).status).toBe('cancelled'), { timeout: 10_000, interval: 20 });
    expect(socket.bytesRead).toBeLessThan(ENVELOPES * reason.length);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) {
      chunks.push(chunk as Buffer);
      if (Buffer.concat(chunks.slice(-2)).includes('event: end')) break;
    }
    const text = Buffer.concat(chunks).toString();
    const { lastEventSeq } = await harness.run(id);
    expect([...text.matchAll(/^id: (\d+)$/gm)].map(([, seq]) => Number(seq))).toEqual(upTo(lastEventSeq));
  }, 30_000);

  it('begins with a snapshot, then sends heartbeats while nothing happens', async () => {
    const { id } = await harness.open();
    await known(id);
    const frames = await readFrames(stream(id, 'heartbeatMs=1000'), {}, (seen) => seen.some((frame) => frame.event === 'heartbeat'));
    expect(frames[0]).toMatchObject({ event: 'snapshot', data: { run: { runId: id, status: 'running' } } });
    expect(ids(frames)).toEqual([]);
  });

  it('ends when the server stops', async () => {
    const { id } = await harness.open();
    await known(id);
    const reading = readFrames(stream(id, 'afterSeq=0&includeSnapshot=false')).catch(() => []);
    await harness.plane.close();
    await reading;
    await harness.restartPlane();
    expect((await harness.run(id)).lastOrdinal).toBe(2);
  });

  it('exports the whole record as lines', async () => {
    const { id, lead } = await harness.open();
    await harness.decide(id, lead);
    await vi.waitFor(async () => expect((await harness.run(id)).status).toBe('completed'), { timeout: 10_000, interval: 20 });
    const text = await (await fetch(new URL(`runs/${id}/export?format=jsonl`, harness.plane.url))).text();
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(lines[0]).toMatchObject({ type: 'header', run: { id, status: 'completed' } });
    expect(lines.slice(1).every((line) => line.type === 'canonical_event')).toBe(true);
    expect(await harness.json<{ eventCount: number; sessionState: string }>(`runs/${id}/metrics`)).toMatchObject({
      eventCount: lines.length - 1,
      sessionState: 'RESOLVED',
    });
  });
});
