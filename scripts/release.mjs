// `npx pnpm release`: one release, from the waiting changesets to a tag. Applies the changesets (one version for all packages, changelogs,
// lockfile) and commits them, builds, publishes what the registry does not have yet, and tags. May be run again when it stopped half-way.
// --dry-run changes and publishes nothing; other arguments go to `pnpm publish`, for example --registry or --no-git-checks for a
// rehearsal. On GitHub Actions the packages get provenance.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, root } from './build.mjs';

const args = process.argv.slice(2);
const dryRun = args.includes('--dry-run');

try {
  const changesets = readdirSync(join(root, '.changeset')).filter((name) => name.endsWith('.md') && name !== 'README.md');
  // Untracked files count: they could end up in a tarball.
  const dirty = run('git', ['status', '--porcelain']);
  if (!dryRun && dirty !== '') throw new Error(`the working tree is not clean:\n${dirty}\nCommit everything first, the changesets too.`);
  if (changesets.length > 0 && dryRun) console.log(`${changesets.length} changeset(s) would become the next version: ${changesets.join(', ')}`);
  if (changesets.length > 0 && !dryRun) {
    show(['pnpm', 'exec', 'changeset', 'version']);
    show(['pnpm', 'install', '--lockfile-only', '--no-frozen-lockfile']);
    // The tree was clean, so this is what changesets wrote, new changelogs included.
    run('git', ['add', '--all']);
    run('git', ['commit', '--quiet', '--message', `Release ${theVersion()}`]);
  }
  const version = theVersion();
  await build('./packages/*');
  const provenance = process.env.GITHUB_ACTIONS === 'true' && !dryRun ? ['--provenance'] : [];
  show(
    ['pnpm', '--recursive', '--filter', './packages/*', 'publish', '--access', 'public', ...provenance, ...args],
    'run it again, what is published already is skipped',
  );
  if (dryRun) console.log(`dry run: nothing was changed or published; the packages are at ${version}`);
  else {
    const tag = `v${version}`;
    if (run('git', ['tag', '--list', tag]) === '') run('git', ['tag', '--annotate', tag, '--message', tag]);
    console.log(`published ${version} and tagged it; now: git push --follow-tags`);
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function theVersion() {
  const versions = new Set(
    readdirSync(join(root, 'packages'))
      .map((name) => join(root, 'packages', name, 'package.json'))
      .filter((file) => existsSync(file))
      .map((file) => JSON.parse(readFileSync(file, 'utf8')).version),
  );
  if (versions.size !== 1) throw new Error(`the packages do not share one version: ${[...versions].join(', ')}`);
  return [...versions][0];
}

/** Runs a command quietly and returns what it printed. */
function run(command, words) {
  const { status, stdout, stderr, error } = spawnSync(command, words, { cwd: root, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${words.join(' ')} failed: ${stderr.trim()}`);
  return stdout.trim();
}

/** Runs a command in sight. */
function show([command, ...words], hint = 'nothing was published') {
  const { status, error } = spawnSync(command, words, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${words.join(' ')} ended with code ${status}; ${hint}`);
}
