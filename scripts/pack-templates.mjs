// Copies the templates into the scaffolder's package: the files git knows, dotfiles under names npm keeps, and version ranges of our
// own packages as they are in this workspace. Nothing is written twice: the templates are complete projects where they stand.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
/** What a template folder holds after work in it, should git not be there to tell. */
const LEFTOVERS = new Set(['node_modules', 'dist', 'runs', '.macp-data', '.turbo', '.env', 'coverage', 'package-lock.json', 'pnpm-lock.yaml']);

/** Packs each folder of `from` that has a package.json into `to`. Throws when a template cannot be packed faithfully. */
export function packTemplates(from, to) {
  const ids = readdirSync(from, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(from, entry.name, 'package.json')))
    .map((entry) => entry.name);
  if (ids.length === 0) throw new Error(`no template in ${from}`);
  const versions = workspaceVersions();
  for (const id of ids) {
    for (const path of templateFiles(join(from, id))) {
      const target = join(to, id, packedName(path));
      mkdirSync(dirname(target), { recursive: true });
      const content = readFileSync(join(from, id, path));
      writeFileSync(target, path === 'package.json' ? publishedManifest(content.toString('utf8'), versions, id) : content);
    }
  }
}

function templateFiles(folder) {
  let paths;
  try {
    paths = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
      .split('\0')
      .filter((path) => path !== '');
  } catch {
    // A tarball of the sources has no git; then everything but leftovers counts.
    paths = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(folder.length + 1)
          .replaceAll('\\', '/'),
      );
  }
  return paths.filter((path) => !path.split('/').some((part) => LEFTOVERS.has(part)) && existsSync(join(folder, path))).toSorted();
}

/** `.gitignore` → `_gitignore` in every folder of the path; src/rename.ts of the scaffolder is the inverse. */
function packedName(path) {
  const parts = path.split('/');
  if (parts.some((part) => part.startsWith('_'))) throw new Error(`${path}: a template name may not start with "_", the scaffolder would turn it into "."`);
  return parts.map((part) => (part.startsWith('.') ? `_${part.slice(1)}` : part)).join('/');
}

function publishedManifest(text, versions, id) {
  // `exports` is how the examples of this repository reach a template; an application has no importers.
  const { exports: _exports, ...manifest } = JSON.parse(text);
  for (const group of ['dependencies', 'devDependencies']) {
    for (const [name, range] of Object.entries(manifest[group] ?? {})) {
      const version = versions.get(name);
      if (version !== undefined) manifest[group][name] = `^${version}`;
      else if (!/^[\^~]?\d/.test(range)) throw new Error(`template ${id}: ${name} has the range "${range}", which means nothing outside this workspace`);
    }
  }
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function workspaceVersions() {
  const manifests = readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name, 'package.json'))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')));
  return new Map(manifests.map(({ name, version }) => [name, version]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { from: { type: 'string' }, to: { type: 'string' } } });
  packTemplates(values.from ?? join(root, 'templates'), values.to ?? join(root, 'packages/create-macp-agent/dist/templates'));
}
