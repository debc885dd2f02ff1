// `node scripts/install-reference-runtime.mjs [version]`: builds the reference runtime with cargo into the cache folder, where
// `pnpm test:interop` finds it. Needs cargo and the protobuf compiler (Debian: protobuf-compiler). Minutes the first time, nothing later.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const version = process.argv[2] ?? '0.13.0';
const root = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'macp-agents', 'reference-runtime');

const works = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
for (const [command, hint] of [
  ['cargo', 'install Rust'],
  ['protoc', 'install the protobuf compiler (Debian: apt-get install protobuf-compiler)'],
]) {
  if (works(command)) continue;
  console.error(`${command} is not here, so the reference runtime cannot be built; ${hint}`);
  process.exit(1);
}
mkdirSync(root, { recursive: true });
// Without --locked: its published lock file names versions that are no longer there.
const { status } = spawnSync('cargo', ['install', 'macp-runtime', '--version', version, '--root', root], { stdio: 'inherit' });
if (status !== 0) {
  console.error(`cargo could not build macp-runtime ${version}`);
  process.exit(1);
}
console.log(`the reference runtime ${version} is ${join(root, 'bin', 'macp-runtime')}`);
