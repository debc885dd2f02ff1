import { parseManifest, printManifest } from './package-json.js';
import type { ProjectFile, Role } from './templates.js';

const SIDES = { initiator: 'evaluator', evaluator: 'initiator' } as const;
type Side = keyof typeof SIDES;

/**
 * With one role, the entry of the other side goes and a scripted one takes its seat from `peers/`, so that `npm start` still shows a
 * whole decision. Scripts, documents and the scenario follow. `peers` are all files of `extras/peers`. An image never holds the peers:
 * `build` compiles `src` alone.
 */
export function applyRole(files: readonly ProjectFile[], role: Role, peers: readonly ProjectFile[]): ProjectFile[] {
  if (role === 'both') return [...files];
  const peer = SIDES[role];
  const entry = `src/${peer}.ts`;
  if (!files.some((file) => file.path === entry)) throw new Error(`the template has no ${entry}`);
  const seats = peers.filter(({ path }) => path === `${peer}.ts` || path === 'tsconfig.json');
  if (seats.length !== 2) throw new Error(`there is no scripted ${peer}`);
  return [
    ...files.filter((file) => file.path !== entry).map((file) => follow(file, role, peer)),
    ...seats.map(({ path, content }) => ({ path: `peers/${path}`, content })),
  ];
}

function follow(file: ProjectFile, role: Side, peer: Side): ProjectFile {
  if (file.content.includes(0)) return file;
  const text = file.content.toString('utf8');
  const changed = changeFor(file.path, text, role, peer);
  return changed === text ? file : { path: file.path, content: Buffer.from(changed) };
}

function changeFor(path: string, text: string, role: Side, peer: Side): string {
  const pointed = text.replaceAll(`src/${peer}.`, `peers/${peer}.`).replaceAll(`dist/${peer}.`, `dist/peers/${peer}.`);
  if (path === 'package.json') return scripts(pointed, peer);
  if (path === 'test/tsconfig.json') return pointed.replace('"../src"', '"../src", "../peers"');
  if (path === 'scenario.yaml') {
    return role === 'initiator'
      ? pointed.replace('has no rule in src/decide.ts', 'has no script in peers/evaluator.ts')
      : pointed.replace('So large that src/decide.ts leaves it', 'So large that peers/initiator.ts leaves it');
  }
  const own = pointed
    .replaceAll(/ The other agent:.*$/gm, '')
    .replaceAll(new RegExp(`^(CMD .*dist/)(?:peers/)?${peer}\\.js`, 'gm'), `$1${role}.js`)
    .replaceAll(`npm run ${peer}`, `npm run ${role}`)
    .replaceAll(`fraud-${peer}`, `fraud-${role}`)
    // The row of a table of files.
    .replaceAll(new RegExp(`^\\| \`peers/${peer}\\.ts\` \\|.*$`, 'gm'), `| \`peers/${peer}.ts\` | a scripted ${peer}, so that a run shows a whole decision |`);
  return path === 'README.md' ? readme(own, role, peer) : own;
}

/** The peers are compiled where a run needs them, type-checked and linted with the rest. */
function scripts(text: string, peer: Side): string {
  const manifest = parseManifest(text);
  const lines = Object.entries(manifest.scripts ?? {})
    .filter(([name]) => name !== peer)
    .map(([name, line]) => [name, line.replace(/\btsc && (?=macp run)/, 'tsc && tsc -p peers && ').replace(/^(oxlint .*\bsrc test)$/, '$1 peers')]);
  return printManifest({ ...manifest, scripts: Object.fromEntries(lines) as Record<string, string> });
}

function readme(text: string, role: Side, peer: Side): string {
  const about =
    role === 'initiator'
      ? 'In a run the evaluators follow the script in `peers/evaluator.ts`; the rules in `src/decide.ts` play them in the tests.'
      : 'In a run the initiator follows the script in `peers/initiator.ts`; `decide` in `src/decide.ts` plays it in the tests.';
  const section = `## Peers\n\nThis project is about the ${role}. ${about}\nWhen the real ${peer} joins over a shared runtime, take its entry out of \`scenario.yaml\` and delete \`peers/\`.\n\n`;
  const [before, ...after] = text.split(/^(?=## Change the decision$)/m);
  const placed = after.length === 0 ? `${text.trimEnd()}\n\n${section.trimEnd()}\n` : `${before}${section}${after.join('')}`;
  if (role === 'evaluator') return placed;
  return placed.replace(/^## Add a participant$[^]*?(?=^## )/m, (part) => part.replaceAll('`src/decide.ts`', '`peers/evaluator.ts`'));
}
