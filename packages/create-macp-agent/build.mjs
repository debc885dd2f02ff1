// Bundles src/bin.ts into one file without dependencies and packs the templates beside it.
// node build.mjs [--out <package folder>] [--templates <folder of templates>]: tests build a copy of their own.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { packTemplates } from '../../scripts/pack-templates.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values } = parseArgs({ options: { out: { type: 'string' }, templates: { type: 'string' } } });
const out = resolve(values.out ?? here);
const templates = resolve(values.templates ?? join(here, '../../templates'));

rmSync(join(out, 'dist'), { recursive: true, force: true });
mkdirSync(join(out, 'dist'), { recursive: true });
if (out !== resolve(here)) for (const name of ['package.json', 'bin', 'extras']) cpSync(join(here, name), join(out, name), { recursive: true });

const { metafile } = await build({
  entryPoints: [join(here, 'src/bin.ts')],
  outfile: join(out, 'dist/bin.js'),
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  absWorkingDir: here,
});
writeFileSync(join(out, 'dist/THIRD-PARTY-NOTICES.txt'), notices(Object.keys(metafile.inputs)));
packTemplates(templates, join(out, 'dist/templates'));

/** Licences of the packages inside the bundle, which their terms want kept. */
function notices(inputs) {
  const folders = new Set(inputs.flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []));
  const texts = [...folders].toSorted().map((folder) => {
    const path = resolve(here, folder);
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    let text = '';
    for (const file of ['LICENSE', 'LICENSE.md', 'license', 'license.md']) {
      try {
        text = readFileSync(join(path, file), 'utf8');
        break;
      } catch (error) {
        if (error.code !== 'ENOENT') throw error;
      }
    }
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return texts.join(`\n${'-'.repeat(72)}\n\n`);
}
