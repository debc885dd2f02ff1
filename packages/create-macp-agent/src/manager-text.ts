import { startCommand, type PackageManager } from './package-manager.js';

/** Managers inside images and CI, where only npm is present: pinned, as newer majors of pnpm and minors of bun need more than npx. */
const ONE_OFF: Record<Exclude<PackageManager, 'npm'>, string> = { pnpm: 'npx -y pnpm@10', yarn: 'yarn', bun: 'npx -y bun@1.2' };
const LOCKFILES: Record<PackageManager, string> = { npm: 'package-lock.json', pnpm: 'pnpm-lock.yaml', yarn: 'yarn.lock', bun: 'bun.lock' };
const FROZEN_PRODUCTION: Record<Exclude<PackageManager, 'npm'>, string> = {
  pnpm: 'install --frozen-lockfile --prod',
  yarn: 'install --frozen-lockfile --production',
  bun: 'install --frozen-lockfile --production',
};
const EXEC: Record<Exclude<PackageManager, 'npm'>, string> = { pnpm: 'pnpm exec', yarn: 'yarn', bun: 'bunx' };

/** Templates are written for npm; this is the same text for another manager. `path` decides how a container or CI reaches it. */
export function forManager(text: string, path: string, manager: PackageManager): string {
  if (manager === 'npm') return text;
  const unattended = path === 'Dockerfile' || path.startsWith('.github/');
  const command = unattended ? ONE_OFF[manager] : manager;
  // `bun test` is bun's own test runner.
  const test = manager === 'bun' ? `${command} run test` : `${command} test`;
  // bun leaves what is there: without this an image would hold the tools too.
  const production = `${manager === 'bun' ? 'rm -rf node_modules && ' : ''}${command} ${FROZEN_PRODUCTION[manager]}`;
  const start = unattended ? `${command} ${manager === 'bun' ? 'run ' : ''}start` : startCommand(manager);
  return text
    .replaceAll(/\bnpm (?:ci|prune) --omit=dev\b/g, production)
    .replaceAll(/\bnpm ci\b/g, `${command} install --frozen-lockfile`)
    .replaceAll(/\bnpm (?:install|i)(?= (?:-D |--save-dev )?[@$])/g, `${command} add`)
    .replaceAll(/\bnpm (start|test|run [\w:-]+) (?:-s |--silent )?-- /g, (_all, script: string) => `npm ${script} `)
    .replaceAll(/\bnpm start\b/g, start)
    .replaceAll(/\bnpm test\b/g, test)
    .replaceAll(/\bnpm run\b/g, `${command} run`)
    .replaceAll(/\bnpm install\b/g, `${command} install`)
    .replaceAll(/\bnpx (?=macp\b)/g, `${EXEC[manager]} `)
    .replaceAll(/\bpackage(?:-lock|\*)\.json\b\*?/g, (name) => lockfileWords(name, manager, path))
    .replaceAll(/^ *cache: npm\n/gm, (line) => (manager === 'yarn' ? line.replace('npm', 'yarn') : ''));
}

/** Files an image needs before the install; as patterns, because a project that was never installed has no lockfile. */
const IMAGE_FILES: Record<Exclude<PackageManager, 'npm'>, string> = { pnpm: 'pnpm-*.yaml', yarn: '.yarnrc.yml yarn.lock*', bun: 'bun.lock*' };

function lockfileWords(name: string, manager: Exclude<PackageManager, 'npm'>, path: string): string {
  const lockfile = path === 'Dockerfile' ? IMAGE_FILES[manager] : LOCKFILES[manager];
  return name.startsWith('package*') ? `package.json ${lockfile}` : lockfile;
}
