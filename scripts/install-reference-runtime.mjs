// `node scripts/install-reference-runtime.mjs [version] [--if-possible] [--minutes <n>]`: builds the reference runtime with cargo into
// the cache folder, where `pnpm test:interop` finds it. Needs cargo and the protobuf compiler (Debian: protobuf-compiler). Takes minutes
// the first time and nothing later. With --if-possible a machine that cannot build it is told so and the exit code is 0.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const DEFAULT_VERSION = '0.13.0';
const DEFAULT_MINUTES = '20';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'if-possible': { type: 'boolean', default: false }, minutes: { type: 'string', default: DEFAULT_MINUTES } },
});
const version = positionals[0] ?? DEFAULT_VERSION;
const minutes = Number(values.minutes);
if (!(minutes > 0)) giveUp(`--minutes takes a number above 0, got ${values.minutes}`, 2);
const root = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'macp-agents', 'reference-runtime');
const binary = join(root, 'bin', 'macp-runtime');

if (isInstalled()) {
  console.log(`the reference runtime ${version} is ${binary}`);
  process.exit(0);
}
for (const [command, hint] of [
  ['cargo', 'install Rust'],
  ['protoc', 'install the protobuf compiler (Debian: apt-get install protobuf-compiler)'],
]) {
  if (spawnSync(command, ['--version'], { stdio: 'ignore' }).status !== 0) giveUp(`${command} is not here; ${hint}`);
}
mkdirSync(root, { recursive: true });
const failure = await install();
if (failure !== undefined) giveUp(failure);
console.log(`the reference runtime ${version} is ${binary}`);

/** What cargo has written down of this folder: a binary of another version is built again. */
function isInstalled() {
  const record = join(root, '.crates.toml');
  return existsSync(binary) && existsSync(record) && readFileSync(record, 'utf8').includes(`"macp-runtime ${version} `);
}

/** Why not, or undefined. */
function install() {
  // Without --locked: the lock file of 0.13.0 names webpki-roots 1.0.11, which not every registry has (the newest may be 1.0.10), and
  // cargo then refuses. Without the lock it takes the newest versions that fit.
  const args = ['install', 'macp-runtime', '--version', version, '--bin', 'macp-runtime', '--root', root, '--config', 'net.retry=3'];
  // A group of its own, because ending cargo alone leaves its compilers running.
  const cargo = spawn('cargo', args, { stdio: 'inherit', detached: true });
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      process.kill(-cargo.pid, 'SIGKILL');
      resolve(`cargo was not done after ${minutes} minutes; give it more with --minutes`);
    }, minutes * 60_000);
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.kill(-cargo.pid, signal));
    cargo.once('close', (status, signal) => {
      clearTimeout(timer);
      resolve(status === 0 ? undefined : `cargo could not build macp-runtime ${version} (${signal ?? `exit code ${status}`}); its output above says why`);
    });
  });
}

function giveUp(why, code = values['if-possible'] ? 0 : 1) {
  console.error(`the reference runtime is not installed: ${why}`);
  if (code === 0) console.error('going on without it: our runtime is tested alone');
  process.exit(code);
}
