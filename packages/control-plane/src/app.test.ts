import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { METRICS } from './http/metrics.js';
import { startControlPlane, type ControlPlane, type ControlPlaneOptions } from './start-control-plane.js';

const SESSION = '4b1a9a52-6c0e-4f0e-9c55-0f6a2b7d9e10';
const descriptor = (session: object = {}, execution?: object): object => ({
  mode: 'live',
  runtime: { kind: 'rust' },
  session: {
    sessionId: SESSION,
    modeName: 'macp.mode.decision.v1',
    modeVersion: '1.0.0',
    configurationVersion: 'config.default',
    ttlMs: 60_000,
    participants: [{ id: 'risk' }, { id: 'fraud' }],
    ...session,
  },
  ...(execution === undefined ? {} : { execution }),
});

/** Everything here holds while no runtime can be reached: port 1 never answers. */
describe('the HTTP API', () => {
  let dataDir: string;
  let plane: ControlPlane;
  const start = (options: Partial<ControlPlaneOptions> = {}): Promise<ControlPlane> =>
    startControlPlane({ runtimeAddress: '127.0.0.1:1', runtimeToken: 'observer', runtimeAllowInsecure: true, port: 0, dataDir, ...options });
  const call = async (
    path: string,
    init: RequestInit = {},
    base = plane.url,
  ): Promise<{ status: number; body: ReturnType<typeof JSON.parse>; headers: Headers }> => {
    const response = await fetch(new URL(path, base), init);
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') === true && text !== '';
    return { status: response.status, body: json ? JSON.parse(text) : text, headers: response.headers };
  };
  const post = (path: string, body: unknown, headers: Record<string, string> = {}): ReturnType<typeof call> =>
    call(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'macp-app-'));
    plane = await start();
  });
  afterEach(async () => {
    await plane.close();
    await rm(dataDir, { recursive: true });
  });

  it('registers a run and lists it by its labels', async () => {
    const created = await post(
      'runs',
      descriptor({ metadata: { source: 'playground', scenarioRef: 'fraud/high-value-new-device@1.0.0', environment: 'test' } }, { tags: ['demo'] }),
    );
    expect(created).toMatchObject({ status: 201, body: { runId: SESSION, sessionId: SESSION, status: 'queued' } });
    const listed = await call('runs?scenarioRef=high-value&environment=test&tags=demo&limit=5');
    expect(listed.body).toMatchObject({ total: 1, limit: 5, offset: 0, data: [{ id: SESSION, sourceKind: 'playground' }] });
    expect((await call('runs?status=running')).body.total).toBe(0);
    expect((await call(`runs/${SESSION}/state`)).body.run).toMatchObject({ runId: SESSION, status: 'queued' });
  });

  it.each([
    [{ mode: 'test' }, 'body.mode must be one of live, sandbox'],
    [{ runtime: undefined }, "body must have required property 'runtime'"],
    [{ runtime: { kind: '' } }, 'body.runtime.kind must NOT have fewer than 1 characters'],
    [{ session: { sessionId: 'a b' } }, 'body.session.sessionId must be a lower-case UUID v4 or v7, or 22 to 128 of A-Z a-z 0-9 _ -'],
    [{ session: { ttlMs: 0 } }, 'body.session.ttlMs must be >= 1'],
    [{ session: { ttlMs: '60000' } }, 'body.session.ttlMs must be integer'],
    [{ session: { participants: [] } }, 'body.session.participants must NOT have fewer than 1 items'],
    [{ session: { participants: [{ id: 'a', role: 'lead' }] } }, 'body.session.participants.0 has the unknown key "role"'],
    [{ session: { metadata: { cancelCallback: { url: 'file:///etc/hosts' } } } }, 'body.session.metadata.cancelCallback.url must be a URL of http or https'],
    [{ session: { metadata: { cancellationDelegated: 'yes' } } }, 'body.session.metadata.cancellationDelegated must be boolean'],
    [{ execution: { requester: { actorId: 'x', actorType: 'robot' } } }, 'body.execution.requester.actorType must be one of user, service, system'],
    [{ execution: { tags: 'demo' } }, 'body.execution.tags must be array'],
  ])('refuses %j with its path', async ({ session, ...rest }: { session?: object; [key: string]: unknown }, problem) => {
    const { status, body } = await post('runs', { ...descriptor(session), ...rest });
    expect([status, body.errorCode, body.problems]).toEqual([400, 'VALIDATION_ERROR', [problem]]);
    expect((await post('runs/validate', { ...descriptor(session), ...rest })).body).toMatchObject({ valid: false, errors: [problem] });
  });

  it('refuses unknown keys of a descriptor by name', async () => {
    const { status, body } = await post('runs', descriptor({ kickoff: {} }));
    expect(status).toBe(400);
    expect(body).toMatchObject({ errorCode: 'VALIDATION_ERROR', problems: ['body.session has the unknown key "kickoff"'] });
  });

  it('validates without storing anything', async () => {
    const valid = await post('runs/validate', descriptor());
    expect(valid).toMatchObject({ status: 201, body: { valid: true, errors: [], runtime: { reachable: false } } });
    expect(valid.body.warnings.join()).toContain('cannot be reached');
    expect((await post('runs/validate', { runtime: {} })).body.valid).toBe(false);
    expect((await call('runs')).body.total).toBe(0);
  });

  it('answers a repeated idempotency key with the first run and its session id', async () => {
    const first = await post('runs', descriptor({ sessionId: undefined }, { idempotencyKey: 'order-7' }));
    const second = await post('runs', descriptor({ sessionId: undefined }, { idempotencyKey: 'order-7' }));
    expect(second.body).toEqual(first.body);
  });

  it('hides sandbox runs and archived runs, and counts the same', async () => {
    await post('runs', { ...descriptor(), mode: 'sandbox' });
    expect((await call('runs')).body.total).toBe(0);
    expect((await call('runs?includeSandbox=true')).body).toMatchObject({ total: 1, data: [{ tags: ['sandbox'] }] });
    await post(`runs/${SESSION}/archive`, {});
    expect((await call('runs?includeSandbox=true')).body.total).toBe(0);
    expect((await call('runs?includeSandbox=true&includeArchived=true')).body.total).toBe(1);
  });

  it('never shows the bearer of a cancel callback', async () => {
    await post('runs', descriptor({ metadata: { cancelCallback: { url: 'http://127.0.0.1:9/cancel', bearer: 'top-secret-bearer' } } }));
    for (const path of [
      `runs/${SESSION}`,
      'runs',
      `runs/${SESSION}/events`,
      `runs/${SESSION}/export`,
      `runs/${SESSION}/export?format=jsonl`,
      `runs/${SESSION}/state`,
    ]) {
      const text = await (await fetch(new URL(path, plane.url))).text();
      expect(text).not.toContain('top-secret-bearer');
    }
    expect((await call(`runs/${SESSION}`)).body.metadata.cancelCallback).toEqual({ url: 'http://127.0.0.1:9/cancel', bearer: '***' });
  });

  it('says why a run cannot be cancelled', async () => {
    await post('runs', descriptor());
    const none = await post(`runs/${SESSION}/cancel`, { reason: 'stop' });
    expect(none).toMatchObject({ status: 400, body: { errorCode: 'VALIDATION_ERROR' } });
    expect(none.body.message).toContain('no cancelCallback in metadata and no policy delegation — cannot cancel from control-plane');
    expect(await post('runs/nosuchrun/cancel', {})).toMatchObject({ status: 404, body: { errorCode: 'RUN_NOT_FOUND' } });
  });

  it('answers 502 when the initiator is not there to cancel', async () => {
    await post('runs', descriptor({ metadata: { cancelCallback: { url: 'http://127.0.0.1:9/cancel?key=hidden' } } }));
    const { status, body } = await post(`runs/${SESSION}/cancel`, {});
    expect(status).toBe(502);
    expect(body.message).toMatch(/^cancel callback http:\/\/127\.0\.0\.1:9\/cancel failed: /);
    expect(body.message).not.toContain('hidden');
  });

  it('answers 410 for routes that would send, 400 for what the run is in no state for, and 501 for what it cannot do', async () => {
    await post('runs', descriptor());
    for (const name of ['messages', 'signal', 'context'])
      expect(await post(`runs/${SESSION}/${name}`, {})).toMatchObject({ status: 410, body: { errorCode: 'ENDPOINT_REMOVED' } });
    for (const name of ['suspend', 'resume'])
      expect(await post(`runs/${SESSION}/${name}`, {})).toMatchObject({ status: 400, body: { errorCode: 'INVALID_STATE_TRANSITION' } });
    expect(await post('examples/run', { scenarioRef: 'fraud/x@1.0.0' })).toMatchObject({ status: 501, body: { errorCode: 'NOT_IMPLEMENTED' } });
    expect((await call('info')).body.canStartRuns).toBe(false);
  });

  it('describes itself with the schemas that validate', async () => {
    const { body } = await call('openapi.json');
    expect(body.openapi).toBe('3.1.0');
    const { $ref } = body.paths['/runs'].post.requestBody.content['application/json'].schema;
    expect($ref).toBe('#/components/schemas/MACPRunDescriptor');
    expect(body.components.schemas.MACPRunDescriptor.required).toEqual(['runtime', 'session']);
    // An id may stand in a document only once, and a reference must lead somewhere.
    const text = JSON.stringify(body);
    expect(text).not.toContain('"$id"');
    expect(new Set(text.match(/"#\/[^"]+"/g))).toEqual(new Set([`"${$ref}"`]));
    for (const [path, operations] of Object.entries<Record<string, { parameters?: { name: string; in: string }[] }>>(body.paths)) {
      const declared = Object.values(operations).map(({ parameters = [] }) => parameters.filter((one) => one.in === 'path').map((one) => one.name));
      expect(declared, `${path}`).toEqual(declared.map(() => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)));
    }
    expect(body.paths['/runs/{id}'].get.parameters[0]).toMatchObject({ name: 'id', in: 'path', required: true });
    expect(Object.keys(body.paths)).toEqual(expect.arrayContaining(['/runs/{id}/stream', '/runs/{id}/cancel', '/healthz', '/examples/run']));
  });

  it('is alive but not ready without a runtime, and counts requests', async () => {
    expect(await call('healthz')).toMatchObject({ status: 200, body: { ok: true } });
    expect(await call('readyz')).toMatchObject({ status: 503, body: { ok: false, runtime: 'unreachable' } });
    const { body } = await call('metrics');
    expect(body).toContain('http_requests_total{method="GET",route="/healthz",status="200"} 1');
    expect(body).toContain('http_request_duration_seconds_count{method="GET",route="/healthz"} 1');
    expect(body).toContain('http_request_duration_seconds_bucket{method="GET",route="/healthz",le="+Inf"} 1');
    expect(body).toContain('macp_runtime_connected 0');
    // Each series stands after what it is, as Prometheus wants it.
    expect(body.match(/^# TYPE \S+/gm).map((line: string) => line.slice(7))).toEqual(Object.keys(METRICS));
    expect(await call(`runs/${'x'.repeat(300)}`)).toMatchObject({ status: 414, body: { errorCode: 'VALIDATION_ERROR' } });
  });

  it('refuses other host names, other origins and bodies that pages can post without asking', async () => {
    const { request } = await import('node:http');
    const withHost = (host: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const call = request({ host: '127.0.0.1', port: plane.port, path: '/runs', headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        call.on('error', reject).end();
      });
    expect(await withHost(`localhost:${plane.port}`)).toBe(200);
    expect(await withHost('evil.example')).toBe(403);
    expect((await post('runs', descriptor(), { origin: 'https://evil.example' })).status).toBe(403);
    expect((await post('runs', descriptor(), { origin: plane.url.slice(0, -1) })).status).toBe(201);
    const plain = await call('runs', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' });
    expect(plain.status).toBe(415);
    const crossSite = await call('runs', { method: 'POST', headers: { 'content-type': 'application/json', 'sec-fetch-site': 'cross-site' }, body: '{}' });
    expect(crossSite.status).toBe(403);
  });

  it('refuses bodies over the limit and bodies that are not JSON', async () => {
    expect((await call('runs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: 'x'.repeat(1_100_000) })).status).toBe(413);
    expect(await call('runs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":' })).toMatchObject({
      status: 400,
      body: { errorCode: 'VALIDATION_ERROR' },
    });
  });

  it('takes no more connections and live streams than it was told to', async () => {
    await plane.close();
    plane = await start({ maxEventStreams: 2, maxConnections: 4 });
    await post('runs', descriptor());
    const stop = new AbortController();
    const open = (): Promise<Response> => fetch(new URL(`runs/${SESSION}/stream?afterSeq=0`, plane.url), { signal: stop.signal });
    await Promise.all([open(), open()]);
    expect(await call(`runs/${SESSION}/stream`)).toMatchObject({ status: 503, body: { errorCode: 'RATE_LIMITED' } });
    const { connect } = await import('node:net');
    const sockets = Array.from({ length: 8 }, () => connect(plane.port, '127.0.0.1'));
    const dropped = await Promise.race(
      sockets.map((socket) => new Promise<string>((resolve) => socket.once('close', () => resolve('closed')).once('error', () => undefined))),
    );
    expect(dropped).toBe('closed');
    stop.abort();
    for (const socket of sockets) socket.destroy();
  });

  it('wants its token everywhere but where nothing of a run shows', async () => {
    await plane.close();
    plane = await start({ token: 'a-long-enough-token' });
    expect((await call('healthz')).status).toBe(200);
    expect((await call('runs')).status).toBe(401);
    expect((await call('runs', { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
    expect((await call('runs', { headers: { authorization: 'Bearer a-long-enough-token' } })).status).toBe(200);
    expect((await call('runs', { headers: { authorization: 'a-long-enough-token' } })).status).toBe(200);
  });

  it('does not serve the network without a token', async () => {
    await expect(start({ host: '0.0.0.0', dataDir: join(dataDir, 'other') })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  it('takes the next free port when asked to', async () => {
    const other = await start({ port: plane.port, portTries: 20, dataDir: join(dataDir, 'other') });
    expect(other.port).toBeGreaterThan(plane.port);
    await other.close();
    await expect(start({ port: plane.port, dataDir: join(dataDir, 'third') })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  it('starts a scenario where the process supplies how', async () => {
    await plane.close();
    const asked: unknown[] = [];
    plane = await start({
      startRun: async (ref, template, inputs) => {
        asked.push(ref, template, inputs);
        return { runId: SESSION, sessionId: SESSION };
      },
      listScenarios: async () => [{ scenarioRef: 'fraud/x@1.0.0', name: 'X', templates: [{ id: 'default' }], inputSchema: { type: 'object' } }],
    });
    expect((await call('scenarios')).body.data[0].scenarioRef).toBe('fraud/x@1.0.0');
    expect(await post('examples/run', { scenarioRef: 'fraud/x@1.0.0', templateId: 'default', inputs: { amount: 3 } })).toMatchObject({
      status: 201,
      body: { runId: SESSION },
    });
    expect(asked).toEqual(['fraud/x@1.0.0', 'default', { amount: 3 }]);
  });
});
