// `node scripts/install-python-sdk.mjs [version] [--if-possible]`: macp-sdk-python in a virtual environment of the cache folder, where
// `pnpm test:interop` finds it. Needs Python 3.11 or later. With --if-possible a machine that cannot install it is told so and the exit
// code is 0.
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const DEFAULT_VERSION = '0.22.0';
const STEP_LIMIT_MS = 5 * 60_000;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'if-possible': { type: 'boolean', default: false } } });
const version = positionals[0] ?? DEFAULT_VERSION;
const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'macp-agents', 'python');
const pip = [join(folder, 'bin', 'pip'), '--disable-pip-version-check'];

if (!isInstalled()) {
  run('python3', '-m', 'venv', folder);
  run(...pip, 'install', '--quiet', `macp-sdk-python==${version}`);
}
console.log(`macp-sdk-python ${version} is in ${folder}`);

function isInstalled() {
  const { status, stdout } = spawnSync(pip[0], [...pip.slice(1), 'show', 'macp-sdk-python'], { encoding: 'utf8', timeout: STEP_LIMIT_MS });
  return status === 0 && stdout.includes(`\nVersion: ${version}\n`);
}

function run(command, ...args) {
  const { status, signal, error } = spawnSync(command, args, { stdio: 'inherit', timeout: STEP_LIMIT_MS });
  if (status === 0) return;
  console.error(`macp-sdk-python is not installed: ${command} ${args.join(' ')} failed: ${error?.message ?? signal ?? `exit code ${status}`}`);
  if (values['if-possible']) console.error('going on without it: its tests are left out');
  process.exit(values['if-possible'] ? 0 : 1);
}
