// `pnpm release`: builds and publishes every package of packages/ whose version is not on the registry yet. Arguments go to
// `pnpm publish`, for example --dry-run, or --registry and --no-git-checks for a rehearsal.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, root } from './build.mjs';

const manifests = readdirSync(join(root, 'packages'))
  .map((name) => join(root, 'packages', name, 'package.json'))
  .filter((file) => existsSync(file))
  .map((file) => JSON.parse(readFileSync(file, 'utf8')));
const versions = new Set(manifests.map(({ version }) => version));

try {
  if (versions.size !== 1) throw new Error(`the packages do not share one version: ${[...versions].join(', ')}; run \`pnpm version-packages\``);
  await build('./packages/*');
  const args = ['--recursive', '--filter', './packages/*', 'publish', '--access', 'public', ...process.argv.slice(2)];
  const { status, error } = spawnSync('pnpm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`publishing ended with code ${status}; run it again, what is published already is skipped`);
  console.log(`published ${[...versions][0]}; now tag it: git tag v${[...versions][0]} && git push --tags`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
