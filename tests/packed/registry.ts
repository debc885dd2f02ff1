import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Registry {
  readonly url: string;
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;

/**
 * Starts a registry of our own on a free loopback port. Our packages live only there; every other package is fetched from `source`,
 * once: the registry this machine uses, unless another one is given.
 */
export async function startRegistry(source?: string): Promise<Registry> {
  const folder = await mkdtemp(join(tmpdir(), 'macp-registry-'));
  const upstream = source ?? execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const ours = { access: '$all', publish: '$all', unpublish: '$all' };
  const config = {
    storage: join(folder, 'storage'),
    uplinks: { upstream: { url: upstream, timeout: '60s', maxage: '60m', max_fails: 20 } },
    packages: { '@macp-agent/*': ours, 'create-macp-agent': ours, '**': { access: '$all', proxy: 'upstream' } },
    max_body_size: '50mb',
    log: { type: 'stdout', format: 'json', level: 'warn' },
    web: { enable: false },
  };
  const configFile = join(folder, 'config.json');
  await writeFile(configFile, JSON.stringify(config));

  const url = `http://127.0.0.1:${await freePort()}`;
  const manifest = createRequire(import.meta.url).resolve('verdaccio/package.json');
  const bin = join(manifest, '..', 'bin', 'verdaccio');
  const server = spawn(process.execPath, [bin, '--config', configFile, '--listen', url], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let log = '';
  for (const stream of [server.stdout, server.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-20_000)));
  const ended = new Promise<void>((resolve) => {
    server.once('close', () => resolve());
  });
  const close = async (): Promise<void> => {
    server.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await listening(server);
  } catch (error) {
    await close();
    throw new Error(`the local registry did not start: ${log}`, { cause: error });
  }
  return { url, close };
}

/** The registry tells a parent that speaks IPC when it listens; fails when it ends before, or does not within the time. */
async function listening(server: ChildProcess): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(START_TIMEOUT_MS)]);
  try {
    await Promise.race([
      once(server, 'message', { signal }),
      once(server, 'exit', { signal }).then(([code]) => {
        throw new Error(`it ended with code ${String(code)}`);
      }),
    ]);
  } finally {
    over.abort();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
