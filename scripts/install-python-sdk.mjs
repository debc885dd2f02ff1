// `node scripts/install-python-sdk.mjs [version]`: macp-sdk-python in a virtual environment of the cache folder, where
// `pnpm test:interop` finds it. Needs Python 3.11 or later.
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

const version = process.argv[2] ?? '0.22.0';
const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'macp-agents', 'python');

for (const [command, ...args] of [
  ['python3', '-m', 'venv', folder],
  [join(folder, 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check', `macp-sdk-python==${version}`],
]) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (status === 0) continue;
  console.error(`${command} ${args.join(' ')} failed${error === undefined ? '' : `: ${error.message}`}`);
  process.exit(1);
}
console.log(`macp-sdk-python ${version} is in ${folder}`);
