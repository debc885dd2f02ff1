import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError } from './http-error.js';

/** Who may talk to this server. */
export interface GuardOptions {
  /** Bearer that every data route wants; undefined only for a loopback bind. */
  readonly token: string | undefined;
  /** Host names besides those of this machine; `*` allows any, for servers with a token. */
  readonly allowedHosts: readonly string[];
  /** Origins of other web pages that may call this API, such as `http://localhost:3000`. */
  readonly allowedOrigins: readonly string[];
}

/** Answers that show nothing of any run. */
const PUBLIC_PATHS = new Set(['/healthz', '/readyz', '/metrics', '/info', '/', '/index.html', '/favicon.svg']);
const METHODS = 'GET, POST, DELETE, OPTIONS';

/** Refuses foreign host names (DNS rebinding), foreign pages (CSRF) and missing tokens, before a route runs. */
export function addGuard(app: FastifyInstance, options: GuardOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    checkHost(request, options.allowedHosts);
    const origin = request.headers.origin;
    if (origin !== undefined) {
      checkOrigin(request, origin, options.allowedOrigins);
      if (options.allowedOrigins.includes(origin)) {
        reply.headers({
          'access-control-allow-origin': origin,
          vary: 'origin',
          'access-control-allow-headers': 'authorization, content-type, last-event-id',
          'access-control-allow-methods': METHODS,
        });
        if (request.method === 'OPTIONS') return reply.code(204).send();
      }
    } else if (request.method !== 'GET' && request.method !== 'HEAD' && request.headers['sec-fetch-site'] === 'cross-site') {
      throw new HttpError(403, 'FORBIDDEN', 'a request of another web page is refused; add its origin to allowedOrigins');
    }
    checkToken(request, options.token);
    return undefined;
  });
}

/** No script, style, frame or request of any other origin; what an envelope says can never run. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

function checkHost(request: FastifyRequest, allowed: readonly string[]): void {
  const host = hostName(request.headers.host ?? '');
  if (isLoopbackName(host) || allowed.includes('*') || allowed.includes(host)) return;
  throw new HttpError(
    403,
    'FORBIDDEN',
    `the host name "${host.slice(0, 100)}" is not one of this server; open it as localhost, or add the name to allowedHosts`,
  );
}

function checkOrigin(request: FastifyRequest, origin: string, allowed: readonly string[]): void {
  if (allowed.includes(origin) || originHost(origin) === (request.headers.host ?? '').toLowerCase()) return;
  throw new HttpError(403, 'FORBIDDEN', 'a request of another web page is refused; add its origin to allowedOrigins');
}

function checkToken(request: FastifyRequest, token: string | undefined): void {
  const path = request.url.split('?', 1)[0] ?? '';
  if (token === undefined || PUBLIC_PATHS.has(path) || path.startsWith('/assets/')) return;
  const header = request.headers.authorization ?? '';
  const given = header.startsWith('Bearer ') ? header.slice(7) : header;
  if (!isSame(given, token))
    throw new HttpError(
      401,
      'UNAUTHENTICATED',
      'this server wants a token: send the header Authorization: Bearer <token>, or open the console with the link that was printed at its start',
    );
}

/** Hashes have one length, so neither content nor length shows in the time it takes. */
function isSame(left: string, right: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(left), hash(right));
}

function hostName(host: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(host);
  return (bracketed?.[1] ?? host.split(':')[0] ?? '').toLowerCase();
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** True for names of this machine itself. */
export function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
