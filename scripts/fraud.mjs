// `npx pnpm fraud`: builds what is not built yet, then runs the fraud decision. Arguments go to `macp run`.
import { join } from 'node:path';
import { build, root } from './build.mjs';

try {
  await build();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
// Package managers run scripts in the root; files that a user names are meant from where the user stands.
if (process.env.INIT_CWD !== undefined) process.chdir(process.env.INIT_CWD);
process.argv = [process.argv[0], 'macp', 'run', 'fraud/high-value-new-device@1.0.0', '--packs', join(root, 'examples'), ...process.argv.slice(2)];
await import('../packages/cli/dist/bin.js');
