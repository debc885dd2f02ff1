import { readFile, readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply } from 'fastify';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** Where `vite build` puts the console, seen from src and from dist alike. */
const BUILT_CONSOLE = fileURLToPath(new URL('../../dist/console/', import.meta.url));

interface BuiltFile {
  readonly bytes: Buffer;
  readonly type: string;
}

/** Serves the built console from memory: only files that were there at the start, so no path can lead elsewhere. */
export async function addConsole(app: FastifyInstance, dir = BUILT_CONSOLE): Promise<void> {
  const files = await readFiles(dir);
  const send = (reply: FastifyReply, path: string): FastifyReply => {
    const file = files.get(path);
    if (file === undefined) return reply.code(404).send({ statusCode: 404, errorCode: 'NOT_FOUND', message: notFound(path, files.size) });
    // Names in assets/ carry a hash of their content.
    const cache = path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    return reply.headers({ 'content-type': file.type, 'cache-control': cache }).send(file.bytes);
  };
  const schema = { hide: true } as object;
  app.get('/', { schema }, async (_request, reply) => send(reply, 'index.html'));
  app.get('/index.html', { schema }, async (_request, reply) => send(reply, 'index.html'));
  app.get('/favicon.svg', { schema }, async (_request, reply) => send(reply, 'favicon.svg'));
  app.get<{ Params: { name: string } }>('/assets/:name', { schema }, async (request, reply) => send(reply, `assets/${request.params.name}`));
}

function notFound(path: string, known: number): string {
  return known === 0 ? 'the console is not built; run the build of @macp-agent/control-plane' : `there is no ${path.slice(0, 100)}`;
}

async function readFiles(dir: string): Promise<Map<string, BuiltFile>> {
  const files = new Map<string, BuiltFile>();
  for (const name of await listFiles(dir)) {
    const path = name.replaceAll('\\', '/');
    files.set(path, { bytes: await readFile(join(dir, name)), type: TYPES[extname(name)] ?? 'application/octet-stream' });
  }
  return files;
}

async function listFiles(dir: string): Promise<string[]> {
  try {
    const entries = await readdir(dir, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(dir.endsWith('/') ? dir.length : dir.length + 1));
  } catch (error) {
    // Not built, as in tests of the API alone: the page then says so.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
