import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';

export interface Postgres extends AsyncDisposable {
  /** postgres://…, for a database that nobody else uses. */
  readonly url: string;
}

/** Nobody's user id: the server refuses to run as root. */
const NOBODY = 65_534;
const DEBIAN = '/usr/lib/postgresql';

/** A server of its own on a free port of this machine, its data in a temporary folder. Skips the test where PostgreSQL is not installed; in CI that fails. */
export async function startPostgres(context: TestContext): Promise<Postgres> {
  const programs = findPrograms();
  if (programs === undefined) {
    if (process.env['CI'] === 'true') throw new Error('PostgreSQL is missing; CI must have it (Debian: apt-get install postgresql)');
    return context.skip('PostgreSQL is missing (Debian: apt-get install postgresql)');
  }
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const folder = mkdtempSync(join(tmpdir(), 'macp-postgres-'));
  const data = join(folder, 'data');
  chmodSync(folder, 0o777);
  mkdirSync(join(folder, 'sockets'));
  chmodSync(join(folder, 'sockets'), 0o777);
  const made = spawnSync(join(programs, 'initdb'), ['-D', data, '-U', 'macp', '-A', 'trust', '--no-sync'], { ...user, cwd: folder, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await freePort();
  const server = spawn(join(programs, 'postgres'), ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', join(folder, 'sockets'), '-F'], {
    ...user,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('close', () => reject(new Error(`postgres ended: ${log}`)));
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (log.includes('ready to accept connections')) resolve();
    });
  });
  return {
    url: `postgres://macp@127.0.0.1:${port}/postgres`,
    async [Symbol.asyncDispose]() {
      // Immediate: nothing in it is worth a clean end.
      server.kill('SIGQUIT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Debian keeps them out of the PATH, one folder per version. */
function findPrograms(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin')) : [];
  return [...versions, ...(process.env['PATH'] ?? '').split(':')].find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
