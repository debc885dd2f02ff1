// Part of the build: the example packs travel with the package, so that `macp scenario list` has something to show anywhere.
// Their agents stay behind: they are programs with dependencies of their own.
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const examples = fileURLToPath(new URL('../../../examples', import.meta.url));
const target = fileURLToPath(new URL('../dist/packs', import.meta.url));
const LEFT_OUT = new Set(['agents', 'node_modules', 'runs']);

rmSync(target, { recursive: true, force: true });
for (const name of readdirSync(examples)) {
  if (!name.startsWith('_') && !existsSync(join(examples, name, 'pack.yaml'))) continue;
  cpSync(join(examples, name), join(target, name), { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
}
