import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { traceIdOf, traceparentOf } from '@macp-agent/protocol';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Harness } from '../harness.test.support.js';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { key: string; value: object }[];
  readonly events?: readonly { name: string }[];
  readonly status?: { code: number };
}
interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly resourceSpans: readonly { scopeSpans: readonly { spans: readonly Span[] }[] }[];
}

const WAIT = { timeout: 10_000, interval: 20 };

describe('traces of ended runs', () => {
  let harness: Harness;
  let collector: Server;
  const taken: Request[] = [];
  /** Answers in turn; afterwards 200. */
  async function collect(...answers: readonly number[]): Promise<string> {
    taken.length = 0;
    const left = [...answers];
    collector = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const status = left.shift() ?? 200;
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Omit<Request, 'headers'>;
        if (status === 200) taken.push({ headers: request.headers, ...body });
        response.writeHead(status).end('{}');
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;
  }
  const metrics = async (): Promise<string> => (await fetch(new URL('metrics', harness.plane.url))).text();
  afterEach(async () => {
    await harness.close();
    collector.closeAllConnections();
    collector.close();
  });

  it('join session, participants and model calls under ids that agents can know', async () => {
    const url = await collect();
    harness = await Harness.start({}, { traces: { url, headers: { 'x-key': 'collector-secret' } } });
    const { id, lead } = await harness.open();
    const usage = { promptTokens: 100, completionTokens: 20, model: 'gpt-4o', provider: 'openai', latencyMs: 30 };
    const data = JSON.stringify(usage);
    await harness.client('fraud-agent').sendSignal({ signalType: 'llm.call.completed', data, correlationSessionId: id });
    await vi.waitFor(async () => expect((await harness.events(id)).map(({ type }) => type)).toContain('llm.call.completed'), WAIT);
    await harness.decide(id, lead);
    await vi.waitFor(() => expect(taken).toHaveLength(1), WAIT);
    const [request] = taken;
    expect(request?.headers).toMatchObject({ 'x-key': 'collector-secret', 'content-type': 'application/json' });
    const spans = request?.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceIdOf(id)]));
    expect((await harness.run(id)).traceId).toBe(traceIdOf(id));
    const [session, ...rest] = spans;
    expect(session).toMatchObject({ status: { code: 1 } });
    expect(session?.attributes).toContainEqual({ key: 'macp.commitment.action', value: { stringValue: 'transfer.stopped' } });
    const agent = rest.find((span) => span.name === 'fraud-agent');
    expect(traceparentOf(id, 'fraud-agent')).toBe(`00-${agent?.traceId}-${agent?.spanId}-01`);
    expect(agent?.events?.map((event) => event.name)).toEqual(['Evaluation', 'Vote']);
    expect(agent?.parentSpanId).toBe(session?.spanId);
    const call = rest.find((span) => span.name === 'chat gpt-4o');
    expect(call?.parentSpanId).toBe(agent?.spanId);
    expect(BigInt(call?.endTimeUnixNano ?? 0) - BigInt(call?.startTimeUnixNano ?? 0)).toBe(30_000_000n);
    expect(new Set(spans.map((span) => span.spanId)).size).toBe(spans.length);
    expect(rest.map((span) => span.name).toSorted()).toEqual(['chat gpt-4o', 'compliance-agent', 'fraud-agent', 'growth-agent', 'risk-agent']);
  });

  it('are sent again to a collector that was busy, and given up with a word when it refuses', async () => {
    const warnings: string[] = [];
    const note = (): undefined => undefined;
    const logger = {
      debug: note,
      info: note,
      error: note,
      warn: (message: string, details?: object): unknown => warnings.push(`${message} ${JSON.stringify(details)}`),
    };
    const url = await collect(503, 200, 400, 400, 400, 400);
    harness = await Harness.start({}, { logger, traces: { url, headers: { authorization: 'Bearer collector-secret' } } });
    const first = await harness.open();
    await first.lead.cancel('enough');
    await vi.waitFor(async () => expect(await metrics()).toContain('macp_traces_total{result="sent"} 1'), WAIT);
    const second = await harness.open();
    await second.lead.cancel('enough');
    await vi.waitFor(async () => expect(await metrics()).toContain('macp_traces_total{result="lost"} 1'), WAIT);
    expect(warnings.join()).toContain('the collector answered 400');
    expect(warnings.join()).not.toContain('collector-secret');
    expect((await harness.run(second.id)).status).toBe('cancelled');
  });

  it('still go out when the control plane closes', async () => {
    const url = await collect(503);
    harness = await Harness.start({}, { traces: { url } });
    const { id, lead } = await harness.open();
    await lead.cancel('enough');
    await vi.waitFor(async () => expect((await harness.run(id)).status).toBe('cancelled'), WAIT);
    await harness.plane.close();
    expect(taken).toHaveLength(1);
  });
});
