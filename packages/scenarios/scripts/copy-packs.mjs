// Part of the build: the example packs travel with the package, so that what `macp scenario list` shows can be run anywhere. Their agents come along
// as one plain Node file each, with the deterministic rules; those that need a framework stay behind. What is read here is an input in turbo.json.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

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

// Entry files by where they go; sources, so that nothing needs to be built first.
const programs = {
  'fraud/agents/rules/risk-agent': 'fraud/agents/risk-agent/src/agent.ts',
  'fraud/agents/rules/evaluator': 'fraud/frameworks/src/node-evaluator.ts',
  'lending/agents/lending-agents/dist/evaluator': 'lending/agents/lending-agents/src/evaluator.ts',
  'lending/agents/lending-agents/dist/underwriter': 'lending/agents/lending-agents/src/underwriter.ts',
  'claims/agents/claims-agents/dist/evaluator': 'claims/agents/claims-agents/src/evaluator.ts',
  'claims/agents/claims-agents/dist/adjuster': 'claims/agents/claims-agents/src/adjuster.ts',
};
await build({
  entryPoints: Object.entries(programs).map(([out, source]) => ({ in: join(examples, source), out })),
  outdir: target,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  conditions: ['source'],
  // A dependency of this package, so that it is found from here.
  external: ['@macp-agent/core'],
  absWorkingDir: examples,
});

// The catalogs say where the programs are: those of lending and claims as they stand, that of fraud for the plain ones.
for (const pack of ['lending', 'claims']) place(`${pack}/agents/catalog.yaml`, readFileSync(join(examples, pack, 'agents/catalog.yaml'), 'utf8'));
const { agents } = JSON.parse(readFileSync(join(examples, 'fraud/frameworks/node/agents.json'), 'utf8'));
const plain = agents.map((agent) => ({
  ...agent,
  entrypoint: { type: 'node_file', value: agent.agentRef === 'risk-agent' ? 'rules/risk-agent.js' : 'rules/evaluator.js' },
}));
place('fraud/agents/catalog.json', `${JSON.stringify({ agents: plain }, undefined, 2)}\n`);

function place(path, text) {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  writeFileSync(join(target, path), text);
}
