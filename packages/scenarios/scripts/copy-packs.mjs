// Part of the build: the example packs travel with the package, so that `macp scenario list` has something to show anywhere.
// Their agents stay behind: they are programs with dependencies of their own. What is copied here is an input in turbo.json.
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const examples = fileURLToPath(new URL('../../../examples', import.meta.url));
const target = fileURLToPath(new URL('../dist/packs', import.meta.url));
const PACK_FILES = ['pack.yaml', 'cases.jsonl', 'policies', 'scenarios'];
const LEFT_OUT = new Set(['agents', 'node_modules', 'runs']);

const copy = (...path) => cpSync(join(examples, ...path), join(target, ...path), { recursive: true, filter: (from) => !LEFT_OUT.has(basename(from)) });

rmSync(target, { recursive: true, force: true });
for (const name of readdirSync(examples)) {
  if (name.startsWith('_')) copy(name);
  else if (existsSync(join(examples, name, 'pack.yaml'))) for (const file of PACK_FILES) if (existsSync(join(examples, name, file))) copy(name, file);
}
