import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MacpError } from '@macp-agent/protocol';
import { publicSet, signToken, withoutOld, type RingKey, type RingTimes } from './key-ring.js';

/** What an issuer is told. */
export interface IssuerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly issuer: string;
  readonly audience: string;
  readonly defaultTtlSeconds: number;
  readonly maxTtlSeconds: number;
  /** Who mints must show this as a bearer. */
  readonly clientToken: string;
  /** Read at each request. */
  readonly loadKeys: () => readonly RingKey[];
  readonly times: RingTimes;
  readonly now: () => number;
  /** Told of each token: who it is for and how long it lives, never the token. */
  readonly onMinted: (sender: string, ttlSeconds: number) => void;
}

/** A running issuer. */
export interface Issuer extends AsyncDisposable {
  readonly url: string;
  /** Refuses new requests and cuts what is left. Idempotent. */
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 16_384;
const MAX_SENDER = 256;

/**
 * Serves the routes of the auth service (agents.md §6.4): `GET /healthz`, `GET /.well-known/jwks.json`, and `POST /tokens` for clients that show the
 * client credential. For development: plain HTTP. Rejects with INVALID_OPTIONS when it cannot listen.
 */
export async function serveIssuer(options: IssuerOptions): Promise<Issuer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    answer(request, options).then(
      ({ status, body }) => send(response, status, body),
      () => send(response, 500, { error: 'internal error; the key ring may be broken' }),
    );
  });
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }));
  return { url: `http://${host}:${port}`, close, [Symbol.asyncDispose]: close };
}

function listen(server: Server, { host, port }: IssuerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new MacpError('INVALID_OPTIONS', `cannot listen on ${host}:${port}; choose another --port (0 = any)`, { cause: error })),
    );
    server.listen(port, host, () => resolve());
  });
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

const bad = (error: string, status = 400): Answer => ({ status, body: { error } });

async function answer(request: IncomingMessage, options: IssuerOptions): Promise<Answer> {
  const path = (request.url ?? '').split('?')[0];
  const { method } = request;
  if (path === '/healthz' && method === 'GET') return { status: 200, body: { ok: true } };
  if (path === '/.well-known/jwks.json' && method === 'GET')
    return { status: 200, body: publicSet(withoutOld(options.loadKeys(), options.times, options.now())) };
  if (path !== '/tokens') return bad('no such route; there are GET /healthz, GET /.well-known/jwks.json and POST /tokens', 404);
  if (method !== 'POST') return bad('use POST', 405);
  // Before the body is read: a stranger learns nothing from it.
  if (!isClient(request, options.clientToken)) return bad('a client credential is required: Authorization: Bearer <client token>', 401);
  const text = await readBody(request);
  if (text === undefined) return bad(`the body must not be longer than ${MAX_BODY_BYTES} bytes`, 413);
  return mint(text, options);
}

async function mint(text: string, options: IssuerOptions): Promise<Answer> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // Said to the caller; the text may hold secrets.
    return bad('invalid JSON body');
  }
  const {
    sender,
    scopes = {},
    ttl_seconds: ttl = options.defaultTtlSeconds,
  } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  if (typeof sender !== 'string' || sender.trim() === '' || sender.length > MAX_SENDER) return bad('sender is required');
  if (typeof scopes !== 'object' || scopes === null || Array.isArray(scopes)) return bad('scopes must be an object');
  if (typeof ttl !== 'number' || !Number.isFinite(ttl) || ttl <= 0) return bad('ttl_seconds must be a positive number');
  const ttlSeconds = Math.max(1, Math.floor(Math.min(ttl, options.maxTtlSeconds)));
  const { issuer, audience } = options;
  const token = await signToken(options.loadKeys(), {
    issuer,
    audience,
    sender,
    scopes: scopes as Record<string, unknown>,
    issuedAtUnixMs: options.now(),
    ttlSeconds,
  });
  options.onMinted(sender, ttlSeconds);
  return { status: 200, body: { token, sender, expires_in_seconds: ttlSeconds } };
}

function isClient({ headers }: IncomingMessage, clientToken: string): boolean {
  const given = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(clientToken));
}

/** Undefined when it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', connection: 'close' });
  response.end(JSON.stringify(body));
}
