// Takes the @macp-agent/* packages of this project from the registry instead of from vendor/: node vendor/use-registry.mjs
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const edit = (path, change) => {
  if (!existsSync(at(path))) return;
  const before = readFileSync(at(path), 'utf8');
  const after = change(before);
  if (after !== before) writeFileSync(at(path), after);
};

edit('package.json', (text) => {
  const manifest = JSON.parse(text);
  for (const group of ['dependencies', 'devDependencies']) {
    for (const [name, spec] of Object.entries(manifest[group] ?? {})) {
      const version = /^file:vendor\/macp-agent-[a-z-]+?-(\d+\.\d+\.\d+.*)\.tgz$/.exec(spec)?.[1];
      if (version !== undefined) manifest[group][name] = `^${version}`;
    }
  }
  for (const group of ['overrides', 'resolutions']) {
    const rest = Object.entries(manifest[group] ?? {}).filter(([, spec]) => !String(spec).startsWith('file:vendor/'));
    if (rest.length === 0) delete manifest[group];
    else manifest[group] = Object.fromEntries(rest);
  }
  return `${JSON.stringify(manifest, null, 2)}\n`;
});
edit('pnpm-workspace.yaml', (text) => text.replace(/^overrides:\n(?: {2}.*\n)*/m, ''));
edit('Dockerfile', (text) => text.replaceAll(/^COPY vendor .*\n/gm, ''));
edit('.gitignore', (text) => text.replaceAll(/^!vendor\/.*\n/gm, ''));
edit('README.md', (text) => text.replace(/\n*## Packages from a checkout\n[^]*$/, '\n'));
// Lockfiles and installed copies still point into vendor/.
for (const path of ['package-lock.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock', 'node_modules', 'vendor'])
  rmSync(at(path), { recursive: true, force: true });
process.stdout.write('The packages now come from the registry. Install again.\n');
