// Takes the @macp-agent/* packages of this project from the registry instead of from vendor/: node vendor/use-registry.mjs
// Asks the registry for every package first; when one is missing, or anything fails, the project stays as it is.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const TIMEOUT_MS = 60_000;
const LOCKFILES = ['package-lock.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock', 'bun.lockb'];
const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const CHANGES = {
  'pnpm-workspace.yaml': (text) => text.replaceAll(/^ {2}\S+: file:vendor\/.*\n/gm, '').replace(/^overrides:\n(?! )/m, ''),
  Dockerfile: (text) => text.replaceAll(/^COPY vendor .*\n/gm, ''),
  '.gitignore': (text) => text.replaceAll(/^!vendor\/.*\n/gm, ''),
  'README.md': (text) => text.replace(/\n*## Packages from a checkout\n[^]*?(?=^## |(?![^]))/m, '\n'),
};

try {
  const packages = vendored();
  const missing = await missingFrom(packages);
  if (missing.length > 0) {
    throw new Error(
      `the registry does not have:\n${missing.map((line) => `  ${line}`).join('\n')}\nTry again when they are published, or set the registry that has them.`,
    );
  }
  change();
  process.stdout.write(`The registry has all ${packages.length} packages; this project takes them from there now. Install again.\n`);
} catch (error) {
  process.stderr.write(`error: ${error.message}\nvendor/ stays; nothing was changed.\n`);
  process.exitCode = 1;
}

/** "@macp-agent/core@0.1.0" for each tarball. */
function vendored() {
  return readdirSync(at('vendor')).flatMap((file) => {
    const match = /^macp-agent-([a-z-]+)-(\d+\.\d+\.\d+.*)\.tgz$/.exec(file);
    return match === null ? [] : [`@macp-agent/${match[1]}@${match[2]}`];
  });
}

/** Asks as an install would, with the user's registry, proxy and login. */
async function missingFrom(packages) {
  const windows = process.platform === 'win32';
  const asked = packages.map(async (spec) => {
    try {
      const { stdout } = await promisify(execFile)('npm', ['view', spec, 'version', '--json', '--prefer-online'], {
        cwd: at(''),
        shell: windows,
        timeout: TIMEOUT_MS,
      });
      return stdout.trim() === '' ? [spec] : [];
    } catch (error) {
      const said = /"summary": "(.*?)"/.exec(error.stdout ?? '')?.[1] ?? String(error.stderr || error.message).split('\n')[0];
      return [`${spec}: ${said}`];
    }
  });
  return (await Promise.all(asked)).flat();
}

/** The manifest without vendor/; its fingerprints of what was written follow, so that a later upgrade takes none of this for an edit. */
function changeManifest(text, files) {
  const before = JSON.parse(text);
  const manifest = structuredClone(before);
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
  if (typeof manifest.macp?.written === 'string') {
    const words = manifest.macp.written.split(' ').filter((word) => !word.startsWith('vendor/'));
    manifest.macp.written = words.flatMap((word) => restamp(word, before, manifest, files)).join(' ');
  }
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function restamp(word, before, after, files) {
  const colon = word.lastIndexOf(':');
  const [path, mark] = [word.slice(0, colon), word.slice(colon + 1)];
  const [, group, name] = /^package\.json#(\w+)\.(.*)$/.exec(path) ?? [];
  if (group !== undefined) {
    const [old, now] = [before[group]?.[name], after[group]?.[name]];
    if (old === now || old === undefined || mark !== fingerprint(JSON.stringify(old))) return [word];
    return now === undefined ? [] : [`${path}:${fingerprint(JSON.stringify(now))}`];
  }
  const file = files.find((candidate) => candidate.path === path);
  return [file !== undefined && mark === fingerprint(file.before) ? `${path}:${fingerprint(file.after)}` : word];
}

function fingerprint(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** All files or none: each new text is complete on the disk before the first one takes its place. */
function change() {
  const files = Object.entries(CHANGES).flatMap(([path, edit]) => {
    if (!existsSync(at(path))) return [];
    const before = readFileSync(at(path), 'utf8');
    const after = edit(before);
    return after === before ? [] : [{ path, before, after }];
  });
  const manifest = readFileSync(at('package.json'), 'utf8');
  files.push({ path: 'package.json', before: manifest, after: changeManifest(manifest, files) });
  const done = [];
  try {
    for (const { path, after } of files) writeFileSync(at(`${path}.tmp`), after);
    for (const file of files) {
      renameSync(at(`${file.path}.tmp`), at(file.path));
      done.push(file);
    }
    renameSync(at('vendor'), at('.vendor.old'));
  } catch (error) {
    for (const { path, before } of done) writeFileSync(at(path), before);
    for (const { path } of files) rmSync(at(`${path}.tmp`), { force: true });
    throw error;
  }
  // From here on the project is a whole one; lockfiles and installed copies only point at what is gone.
  for (const path of [...LOCKFILES, 'node_modules', '.vendor.old']) rmSync(at(path), { recursive: true, force: true });
}
