// What tsc leaves out of dist: the generated codec, the .proto files as one tree, and the JSON Schemas as files.
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const at = (path) => new URL(`../${path}`, import.meta.url);
for (const name of ['proto.js', 'proto.d.ts']) cpSync(at(`src/gen/${name}`), at(`dist/gen/${name}`));

cpSync(at('proto'), at('dist/proto'), { recursive: true });
for (const name of readdirSync(at('src/modes'), { recursive: true }).filter((file) => file.endsWith('.proto'))) {
  const [, path] = /^package ([\w.]+);/m.exec(readFileSync(at(`src/modes/${name}`), 'utf8'));
  cpSync(at(`src/modes/${name}`), at(`dist/proto/${path.replaceAll('.', '/')}/${name.split(/[\\/]/).at(-1)}`));
}

const { agentBootstrapSchema, runDescriptorSchema, sessionMetadataSchema } = await import('../dist/schemas/index.js');
for (const schema of [agentBootstrapSchema, runDescriptorSchema, sessionMetadataSchema]) {
  const name = schema.$id.split(':').at(-1);
  writeFileSync(at(`dist/schemas/${name}.json`), `${JSON.stringify(schema, null, 2)}\n`);
}
