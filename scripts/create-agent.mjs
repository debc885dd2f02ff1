// `npx pnpm create-agent ../my-agent --template node --yes`: the scaffolder from this checkout, before anything is published.
// The packages are built, packed and put into vendor/ of the new project; `node vendor/use-registry.mjs` there switches to the
// registry. All options of create-macp-agent work.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { build, root } from './build.mjs';
import { packPackages } from './pack-packages.mjs';

// pnpm runs scripts in the root; the folder argument means the place it was typed in.
const cwd = process.env.INIT_CWD ?? process.cwd();
const args = process.argv.slice(2).filter((word, index) => !(word === '--' && index === 0));

process.exitCode = await main();

async function main() {
  if (args.some((word) => ['--help', '-h', '--version', '-v', '--list-templates'].includes(word))) {
    await build('create-macp-agent');
    return scaffold(args);
  }
  const vendor = mkdtempSync(join(tmpdir(), 'macp-agent-vendor-'));
  try {
    await build('./packages/*');
    await packPackages(vendor);
    // npx pnpm is gone again when the user types the next command.
    const manager = args.some((word) => /^--pm(=|$)/.test(word)) ? [] : ['--pm', hasPnpm() ? 'pnpm' : 'npm'];
    return await scaffold([...args, ...manager, '--vendor', vendor, '--called-as', 'npx pnpm create-agent']);
  } catch (error) {
    console.error(error.message);
    return 1;
  } finally {
    rmSync(vendor, { recursive: true, force: true });
  }
}

function scaffold(words) {
  const child = spawn(process.execPath, [join(root, 'packages/create-macp-agent/bin/create-macp-agent.js'), ...words], {
    cwd,
    env: plainEnvironment(),
    stdio: 'inherit',
  });
  // The terminal hands Ctrl-C to the scaffolder too, which says what became of the folder.
  const wait = () => {};
  process.on('SIGINT', wait);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('SIGINT', wait);
      resolve(code ?? 1);
    });
  });
}

/** Without the settings of this workspace, which pnpm hands to scripts as npm_config_*: an install over there is not about them. */
function plainEnvironment() {
  const keep = /^npm_config_(?:registry|cache|userconfig|user_agent)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_config_') || keep.test(name)));
}

function hasPnpm() {
  const own = (process.env.PATH ?? '').split(delimiter).filter((folder) => !/[/\\](?:_npx|node_modules)[/\\]/.test(`${folder}/`));
  return own.some((folder) => existsSync(join(folder, process.platform === 'win32' ? 'pnpm.cmd' : 'pnpm')));
}
