// `npx pnpm fraud`: builds what is not built yet, then runs the fraud decision. Arguments go to `macp run`.
import { build } from './build.mjs';

try {
  await build();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
process.argv = [process.argv[0], 'macp', 'run', 'fraud/high-value-new-device@1.0.0', ...process.argv.slice(2)];
await import('../packages/cli/dist/bin.js');
