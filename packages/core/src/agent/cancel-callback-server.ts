import { createHash, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { ERROR_CODES, isMacpError, MacpError } from '@macp-agent/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { silentLogger, type Logger } from '../logger.js';
import { Unanswered } from './unanswered.js';

/** What became of a cancel: the state of the session as the runtime names it, when it is known. */
export interface CancelOutcome {
  readonly state?: string | undefined;
}

/** What `startCancelCallbackServer` takes. */
export interface CancelCallbackOptions {
  /** Bind host. Anything but loopback needs `bearer`. */
  readonly host: string;
  /** 0 lets the system choose; the handle tells which. */
  readonly port: number;
  /** Request path; a missing leading slash is added. */
  readonly path: string;
  /** Secret that callers must send as `Authorization: Bearer <bearer>`. Default: none, loopback only, with a warning. */
  readonly bearer?: string | undefined;
  /** The run this agent works for; a request that names another one gets 409. Default: any. */
  readonly runId?: string | undefined;
  /**
   * Called once for the first request, and again only after it has failed. `runId` and `reason` are as sent, the reason with a
   * default. The answer waits for it: FORBIDDEN becomes 403, any other failure its own status.
   */
  readonly onCancel: (runId: string, reason: string) => Promise<CancelOutcome | void> | CancelOutcome | void;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
  /** Time a client has to send its whole request, in milliseconds; then 408. Default 5000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Aborting stops the listener. */
  readonly signal?: AbortSignal | undefined;
}

/** A running listener. */
export interface CancelCallbackServer extends AsyncDisposable {
  readonly host: string;
  /** The bound port. */
  readonly port: number;
  readonly path: string;
  readonly url: string;
  /** Answers what has arrived, for `graceMs` at most (default 5000, as long as a request may take), then refuses and cuts. Idempotent. */
  close(graceMs?: number): Promise<void>;
}

/** After a cancel request others are likely to be on their way, such as further clicks: so long nothing must have come before it closes. */
const QUIET_MS = 100;
const MAX_BODY_BYTES = 65_536;
const MAX_REASON_LENGTH = 2_000;
const DEFAULT_REASON = 'cancelled by control plane';

/**
 * Listens for `POST <path>` with `{"runId", "reason"}` (RFC-MACP-0001 §7.2, Option A) and GET /healthz on the same port.
 * Answers 202 `{"ok": true}` with the `state` when it is known, later ones also with `"duplicate": true`; 404 other path,
 * 405 other method, 401 wrong bearer, 400 body that is no JSON object, 409 other run, 413 over 64 KiB, 408 too slow,
 * 403 when the runtime does not let this agent cancel. Throws MacpError INVALID_OPTIONS when it cannot or must not listen there.
 */
export async function startCancelCallbackServer(options: CancelCallbackOptions): Promise<CancelCallbackServer> {
  const { host, bearer, logger = silentLogger } = options;
  const path = options.path.startsWith('/') ? options.path : `/${options.path}`;
  if (bearer === '')
    throw new MacpError('INVALID_OPTIONS', `the cancel callback on ${host} got an empty bearer; give a random secret, or none on a loopback host`);
  if (bearer === undefined) {
    if (!isLoopback(host)) {
      throw new MacpError(
        'INVALID_OPTIONS',
        `the cancel callback would listen on ${host} without a bearer, so anyone on the network could cancel; set cancelCallback.bearer or MACP_CANCEL_CALLBACK_BEARER, or bind 127.0.0.1`,
      );
    }
    logger.warn('the cancel callback has no bearer: any process of this machine can cancel the session', { host, path });
  }
  // Loaded here, because most agents never listen and fastify costs a process more than everything else together.
  const { fastify } = await import('fastify');
  const requestTimeoutMs = options.requestTimeoutMs ?? 5_000;
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: 'idle',
    requestTimeout: requestTimeoutMs,
    http: slowClients(requestTimeoutMs),
  });
  const unanswered = new Unanswered(app);
  const once = new CancelOnce(options);
  route(app, path, options, once);
  const { port } = await listen(app, options);
  const shownHost = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;

  let closing: Promise<void> | undefined;
  const close = (graceMs = 5_000): Promise<void> => (closing ??= closeApp(app, unanswered, graceMs, once.wasAsked ? QUIET_MS : 0));
  return { host, port, path, url: `http://${shownHost}:${port}${path}`, close, [Symbol.asyncDispose]: () => close() };
}

/** Node looks for slow connections at an interval of its own, 30 s unless told otherwise. */
const slowClients = (requestTimeoutMs: number): { headersTimeout: number; connectionsCheckingInterval: number } => ({
  headersTimeout: requestTimeoutMs,
  connectionsCheckingInterval: Math.max(20, Math.min(500, requestTimeoutMs / 4)),
});

async function listen(app: FastifyInstance, { host, port, signal }: CancelCallbackOptions): Promise<AddressInfo> {
  try {
    signal?.throwIfAborted();
    await app.listen({ host, port, ...(signal !== undefined && { signal }) });
    return app.server.address() as AddressInfo;
  } catch (error) {
    await app.close();
    if (signal?.aborted === true)
      throw new MacpError('ABORTED', `the cancel callback on ${host}:${port} was not started: the caller aborted`, { cause: error });
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new MacpError('INVALID_OPTIONS', `the cancel callback cannot listen on ${host}:${port} (${code}); use port 0 or a free port of this machine`, {
      cause: error,
    });
  }
}

function route(app: FastifyInstance, path: string, options: CancelCallbackOptions, once: CancelOnce): void {
  const expected = options.bearer === undefined ? undefined : digest(options.bearer);

  // Bodies are read as text whatever their type says: callers differ in the content type they send.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  // Before the body is read: a stranger's body costs nothing.
  app.addHook('onRequest', async (request, reply) => {
    // One request per connection: a client must not reuse one that is about to be closed.
    reply.header('connection', 'close');
    const [target = ''] = request.url.split('?');
    if (target === '/healthz' && request.method === 'GET') return undefined;
    if (target !== path) return answer(reply, 404, 'not found');
    if (request.method !== 'POST') return answer(reply.header('allow', 'POST'), 405, `use POST on ${path}`);
    if (expected === undefined) {
      // A web page can make its visitor's browser post to loopback; browsers say so with this header.
      return request.headers.origin === undefined ? undefined : answer(reply, 403, 'requests of web pages need a bearer');
    }
    return hasBearer(request, expected) ? undefined : answer(reply.header('www-authenticate', 'Bearer'), 401, 'the bearer is missing or wrong');
  });
  app.get('/healthz', (_request, reply) => reply.code(204).send());
  app.post(path, (request, reply) => once.handle(request.body, reply));
  app.setNotFoundHandler((_request, reply) => answer(reply, 404, 'not found'));
  app.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) options.logger?.error('the cancel callback failed', { status });
    return answer(reply, status, status === 413 ? `the body is over ${MAX_BODY_BYTES} bytes` : 'the request cannot be read');
  });
}

/** The first request does the work, all others share its result. */
class CancelOnce {
  readonly #options: CancelCallbackOptions;
  #outcome: Promise<CancelOutcome | void> | undefined;
  #wasAsked = false;

  constructor(options: CancelCallbackOptions) {
    this.#options = options;
  }

  /** Whether a request to cancel has come. */
  get wasAsked(): boolean {
    return this.#wasAsked;
  }

  async handle(body: unknown, reply: FastifyReply): Promise<FastifyReply> {
    const request = readRequest(body);
    if (request === undefined) return answer(reply, 400, 'the body must be a JSON object with runId and reason, or empty');
    const { runId: own, onCancel, logger } = this.#options;
    if (own !== undefined && request.runId !== '' && request.runId !== own) return answer(reply, 409, `this agent works for the run ${own}`);
    const duplicate = this.#outcome !== undefined;
    this.#wasAsked = true;
    // An async function, so that a handler that throws at once fails in the same way as one that rejects.
    this.#outcome ??= (async () => onCancel(request.runId, request.reason))();
    const mine = this.#outcome;
    try {
      const outcome = await mine;
      return await reply.code(202).send({ ok: true, ...(duplicate && { duplicate }), ...(outcome?.state !== undefined && { state: outcome.state }) });
    } catch (error) {
      // The next request may try again.
      if (this.#outcome === mine) this.#outcome = undefined;
      if (!isMacpError(error)) {
        logger?.error('cancelling failed', { error: error instanceof Error ? error.name : typeof error });
        return answer(reply, 500, 'the agent failed to cancel; its log says why');
      }
      logger?.warn(`cancelling failed: ${error.message}`, { code: error.code });
      // 404 would read as a wrong path.
      const status = error.code === 'SESSION_NOT_FOUND' ? 409 : ERROR_CODES[error.code].httpStatus;
      return reply.code(status).send({ ok: false, code: error.code, error: error.message });
    }
  }
}

function readRequest(body: unknown): { runId: string; reason: string } | undefined {
  const value = body === undefined || body === null || (typeof body === 'string' && body.trim() === '') ? {} : parseObject(body);
  if (value === undefined) return undefined;
  const runId = value['runId'] ?? value['run_id'] ?? '';
  const reason = value['reason'] ?? '';
  if (typeof runId !== 'string' || typeof reason !== 'string') return undefined;
  return { runId, reason: reason.trim() === '' ? DEFAULT_REASON : reason.slice(0, MAX_REASON_LENGTH) };
}

function parseObject(body: unknown): Record<string, unknown> | undefined {
  if (typeof body !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const answer = (reply: FastifyReply, status: number, error: string): FastifyReply => reply.code(status).send({ ok: false, error });
const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/** Digests have one length, so the comparison takes the same time whatever was sent. */
function hasBearer(request: FastifyRequest, expected: Buffer): boolean {
  const [, token] = /^Bearer +(\S+)\s*$/i.exec(request.headers.authorization ?? '') ?? [];
  return token !== undefined && timingSafeEqual(digest(token), expected);
}

function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name);
}

async function closeApp(app: FastifyInstance, unanswered: Unanswered, graceMs: number, quietMs: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
  try {
    // Closing at once would reset requests that have arrived but were not read yet, such as a second click on Cancel.
    await unanswered.wait(graceMs, quietMs);
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}
