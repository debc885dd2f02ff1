import type { ProjectFile, Role } from './templates.js';

const SIDES = { initiator: 'evaluator', evaluator: 'initiator' } as const;

/** A file under its new place, and the text changes every other file needs for it. */
interface Move {
  readonly from: string;
  readonly to: string;
}

/**
 * With one role, the entry of the other side moves from `src/` to `src/peers/`: it still plays its part in `npm start` and in the
 * tests, but it is plainly not what this project is about. Names that point at it follow, in sources, tests, scripts and documents.
 */
export function applyRole(files: readonly ProjectFile[], role: Role): ProjectFile[] {
  if (role === 'both') return [...files];
  const peer = SIDES[role];
  const move: Move = { from: `src/${peer}.ts`, to: `src/peers/${peer}.ts` };
  if (!files.some((file) => file.path === move.from)) throw new Error(`the template has no ${move.from}`);
  return [...files.map((file) => relocate(deployOwn(file, role, peer), peer, move)), peersReadme(role, peer)];
}

/** The image and the deployment text are about the agent this project is for, whichever of the two the template shows. */
function deployOwn(file: ProjectFile, role: string, peer: string): ProjectFile {
  if (file.path !== 'Dockerfile' && file.path !== 'README.md') return file;
  const text = file.content
    .toString('utf8')
    .replaceAll(/ The other agent:.*$/gm, '')
    .replaceAll(new RegExp(`^(CMD .*dist/)${peer}\\.js`, 'gm'), `$1${role}.js`)
    .replaceAll(`npm run ${peer}`, `npm run ${role}`)
    .replaceAll(`fraud-${peer}`, `fraud-${role}`);
  return { path: file.path, content: Buffer.from(text) };
}

function relocate(file: ProjectFile, peer: string, move: Move): ProjectFile {
  if (file.content.includes(0)) return file;
  const text = file.content.toString('utf8');
  if (file.path === move.from) {
    return { path: move.to, content: Buffer.from(text.replaceAll(/(['"])\.\/(?=[\w-]+\.js\1)/g, '$1../')) };
  }
  const changed = text
    .replaceAll(`src/${peer}.`, `src/peers/${peer}.`)
    .replaceAll(`dist/${peer}.`, `dist/peers/${peer}.`)
    .replaceAll(new RegExp(`(['"])\\./${peer}\\.js\\1`, 'g'), `$1./peers/${peer}.js$1`);
  return changed === text ? file : { path: file.path, content: Buffer.from(changed) };
}

function peersReadme(role: string, peer: string): ProjectFile {
  const text = `# Peers

This project is about the ${role}. \`${peer}.ts\` here plays the other side, so that a run shows a whole decision.
When the real ${peer} joins over a shared runtime, take its entry out of \`scenario.yaml\` and delete this folder.
`;
  return { path: 'src/peers/README.md', content: Buffer.from(text) };
}
