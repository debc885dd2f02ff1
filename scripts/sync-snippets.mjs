// Copies regions of tested files into the documents that show them; `--check` fails when a document differs.
// A document says where its code comes from:  <!-- snippet tests/guides/initiator.test.ts#initiator -->
// and a source marks it:                       // #region initiator … // #endregion
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const MARK = /<!-- snippet (\S+?)(?:#(\S+))? -->\n```(\w+)\n(?:[\s\S]*?\n)??```(?=\n|$)/g;

function documents() {
  const under = (folder) => readdirSync(root + folder, { recursive: true, encoding: 'utf8' }).filter((name) => !name.includes('node_modules'));
  const docs = under('docs').map((name) => `docs/${name}`);
  const readmes = under('packages')
    .filter((name) => name.endsWith('/README.md'))
    .map((name) => `packages/${name}`);
  return ['README.md', ...docs, ...readmes].filter((name) => name.endsWith('.md'));
}

function snippet(file, region) {
  const text = readFileSync(root + file, 'utf8');
  if (region === undefined) return text.trimEnd();
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.trim() === `// #region ${region}`);
  const to = lines.findIndex((line, index) => index > from && line.trim() === '// #endregion');
  if (from < 0 || to < 0) throw new Error(`${file} has no region ${region}`);
  const body = lines.slice(from + 1, to);
  const indent = Math.min(...body.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return body
    .map((line) => line.slice(indent))
    .join('\n')
    .trimEnd();
}

let stale = 0;
for (const name of documents()) {
  const before = readFileSync(root + name, 'utf8');
  const after = before.replace(MARK, (_all, file, region, language) => {
    const mark = `<!-- snippet ${file}${region === undefined ? '' : `#${region}`} -->`;
    return `${mark}\n\`\`\`${language}\n${snippet(file, region)}\n\`\`\``;
  });
  if (after === before) continue;
  stale += 1;
  if (process.argv.includes('--check')) console.error(`${name} does not show the code as it is; run: node scripts/sync-snippets.mjs`);
  else writeFileSync(root + name, after);
}
process.exitCode = process.argv.includes('--check') && stale > 0 ? 1 : 0;
