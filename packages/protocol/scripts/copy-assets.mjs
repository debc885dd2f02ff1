// What tsc leaves out of dist: the generated codec, and the JSON Schemas as files.
import { cpSync, writeFileSync } from 'node:fs';

const at = (path) => new URL(`../${path}`, import.meta.url);
cpSync(at('src/gen'), at('dist/gen'), { recursive: true });

const { agentBootstrapSchema, runDescriptorSchema, sessionMetadataSchema } = await import('../dist/schemas/index.js');
for (const schema of [agentBootstrapSchema, runDescriptorSchema, sessionMetadataSchema]) {
  const name = schema.$id.split(':').at(-1);
  writeFileSync(at(`dist/schemas/${name}.json`), `${JSON.stringify(schema, null, 2)}\n`);
}
