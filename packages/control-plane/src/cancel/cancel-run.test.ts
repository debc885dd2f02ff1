import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Harness, MAJORITY } from '../harness.test.support.js';

interface Answer {
  readonly status: string;
  readonly runtimeState: string | null;
  readonly confirmed: boolean;
  readonly warning?: string;
  readonly message?: string;
  readonly errorCode?: string;
}

const DELEGATED = {
  ...MAJORITY,
  policyId: 'policy.delegated',
  rules: { commitment: { authority: 'designated_role', designated_roles: ['risk-agent', 'observer'] } },
};

describe('cancelling a run', () => {
  let harness: Harness;
  let listener: Server;
  let url: string;
  let asked: { body: unknown; authorization: string | undefined }[];
  let answer: (body: { runId: string; reason: string | null }) => Promise<number>;

  beforeEach(async () => {
    harness = await Harness.start({ policies: [MAJORITY, DELEGATED] }, { cancelConfirmMs: 1_000, cancelCallbackTimeoutMs: 500 });
    asked = [];
    answer = async () => 202;
    listener = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { runId: string; reason: string | null };
      asked.push({ body, authorization: request.headers.authorization });
      response.writeHead(await answer(body)).end();
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const address = listener.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/agent/cancel`;
  });
  afterEach(async () => {
    listener.closeAllConnections();
    listener.close();
    await harness.close();
  });

  const register = (id: string, metadata: object): Promise<unknown> =>
    harness.post('runs', {
      runtime: { kind: 'rust' },
      session: {
        sessionId: id,
        modeName: 'macp.mode.decision.v1',
        modeVersion: '1.0.0',
        configurationVersion: 'config.default',
        ttlMs: 60_000,
        participants: [{ id: 'risk-agent' }],
        metadata,
      },
    });
  const cancel = (id: string, reason?: string): Promise<{ status: number; body: Answer }> => harness.post<Answer>(`runs/${id}/cancel`, { reason });
  const known = (id: string): Promise<void> => vi.waitFor(async () => expect((await harness.run(id)).lastOrdinal).toBe(2), { timeout: 10_000, interval: 20 });

  it('asks the initiator with the bearer of the run, and confirms with the runtime', async () => {
    const { id, lead } = await harness.open();
    await register(id, { cancelCallback: { url, bearer: 'run-bearer' } });
    answer = async ({ reason }) => {
      await lead.cancel(reason ?? '');
      return 202;
    };
    const { status, body } = await cancel(id, 'wrong customer');
    expect(status).toBe(200);
    expect(body).toMatchObject({ runtimeState: 'CANCELLED', confirmed: true });
    expect(asked).toEqual([{ body: { runId: id, reason: 'wrong customer' }, authorization: 'Bearer run-bearer' }]);
    await vi.waitFor(async () => expect((await harness.run(id)).status).toBe('cancelled'), { timeout: 10_000, interval: 20 });
    expect((await harness.events(id)).at(-1)).toMatchObject({ type: 'run.cancelled', data: { reason: 'wrong customer' } });
  });

  it('answers a repeated cancel with how the run ended', async () => {
    const { id, lead } = await harness.open();
    await register(id, { cancelCallback: { url } });
    await lead.cancel('over');
    await vi.waitFor(async () => expect((await harness.run(id)).status).toBe('cancelled'), { timeout: 10_000, interval: 20 });
    expect((await cancel(id)).body).toMatchObject({ status: 'cancelled', runtimeState: 'CANCELLED', confirmed: true });
    expect(asked).toEqual([]);
  });

  it('does not claim what the runtime does not confirm', async () => {
    const { id } = await harness.open();
    await register(id, { cancelCallback: { url } });
    const { status, body } = await cancel(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'running', runtimeState: 'OPEN', confirmed: false });
    expect(body.warning).toContain('did not end');
  });

  it('says what the initiator answered, or that it did not', async () => {
    const { id } = await harness.open();
    await register(id, { cancelCallback: { url, bearer: 'run-bearer' } });
    answer = async () => 401;
    expect(await cancel(id)).toMatchObject({
      status: 502,
      body: { errorCode: 'INTERNAL_ERROR', message: `cancel callback ${url} returned 401; the bearer of the run is not the one that the initiator expects` },
    });
    answer = async () => 302;
    expect((await cancel(id)).body.message).toBe(`cancel callback ${url} returned 302`);
    answer = () => new Promise(() => undefined);
    expect((await cancel(id)).body.message).toContain('no answer in 500 ms');
    expect((await harness.run(id)).status).toBe('running');
  });

  it('cancels itself where the policy names it', async () => {
    const { id } = await harness.open(60_000, undefined, DELEGATED.policyId);
    await known(id);
    await register(id, { cancellationDelegated: true });
    expect((await cancel(id, 'stop')).body).toMatchObject({ runtimeState: 'CANCELLED', confirmed: true });
    expect(asked).toEqual([]);
  });

  it('explains what is missing when the policy does not name it', async () => {
    const { id } = await harness.open();
    await known(id);
    await register(id, { cancellationDelegated: true });
    const { status, body } = await cancel(id);
    expect(status).toBe(403);
    expect(body).toMatchObject({ errorCode: 'FORBIDDEN' });
    expect(body.message).toContain('commitment.designated_roles');
  });
});
