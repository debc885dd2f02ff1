import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { cleanEnvironment, run } from './run.js';

// The steps of a project's Dockerfile, played in folders: what they copy is all there is. No container engine is needed.

const LOCK_FILES = ['package-lock.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock'];

let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'macp-image-'));
  env = await cleanEnvironment(folder, inject('registry'));
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

/** Plays each stage in a folder of its own; gives these folders, the last one being the image, and its command. */
async function build(context: string, into: string): Promise<{ stages: string[]; command: string[] }> {
  const stages = new Map<string, string>();
  let stage = '';
  let command: string[] = [];
  for (const line of readFileSync(join(context, 'Dockerfile'), 'utf8').split('\n')) {
    const [, word = '', rest = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    if (word === 'FROM') {
      stage = join(into, `stage-${stages.size}`);
      mkdirSync(stage, { recursive: true });
      stages.set(/ AS (\w+)$/.exec(rest)?.[1] ?? '', stage);
    } else if (word === 'COPY') {
      const [, origin, paths = ''] = /^(?:--from=(\w+) )?(.+)$/.exec(rest) ?? [];
      const names = paths.split(' ').map((path) => path.replace(/^\/app\//, ''));
      copy(origin === undefined ? context : (stages.get(origin) ?? ''), names.slice(0, -1), join(stage, names.at(-1) ?? ''));
    } else if (word === 'RUN') {
      const { code, output } = await run(rest, { cwd: stage, env });
      if (code !== 0) throw new Error(`RUN ${rest} ended with ${code}:\n${output}`);
    } else if (word === 'CMD') command = JSON.parse(rest) as string[];
  }
  return { stages: [...stages.values()], command };
}

/** COPY: several sources go into the folder, one takes its name; a pattern may match nothing as long as something is copied. */
function copy(from: string, patterns: readonly string[], to: string): void {
  const found = patterns.flatMap((pattern) => matches(from, pattern));
  if (found.length === 0) throw new Error(`COPY ${patterns.join(' ')} finds nothing in ${from}`);
  for (const name of found) cpSync(join(from, name), found.length > 1 || to.endsWith('/') ? join(to, basename(name)) : to, { recursive: true });
}

function matches(from: string, pattern: string): string[] {
  if (!pattern.includes('*')) return existsSync(join(from, pattern)) ? [pattern] : [];
  const fits = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  return readdirSync(from).filter((name) => fits.test(name));
}

describe('the image of a project', () => {
  it.each(inject('managers').map(({ name }) => name))('is built by %s, without and with a lock file, and holds one agent and no tools', async (manager) => {
    const app = join(folder, 'app');
    const created = await run(`npm create --yes macp-agent@latest app -- --template node --pm ${manager} --yes`, { cwd: folder, env });
    expect([created.code, created.output]).toEqual([0, expect.stringContaining('Created app')]);

    for (const attempt of ['without', 'with']) {
      const { stages, command } = await build(app, join(folder, attempt));
      const [builder = '', image = ''] = stages;
      expect(stages).toHaveLength(2);
      expect(readdirSync(image).toSorted()).toEqual(['dist', 'node_modules', 'package.json']);
      expect(readdirSync(join(image, 'node_modules'))).not.toContain('typescript');
      const { code, output } = await run(command.join(' '), { cwd: image, env });
      expect([code, output]).toEqual([2, expect.stringContaining('MACP_BOOTSTRAP_FILE is not set')]);
      const lock = LOCK_FILES.find((name) => existsSync(join(builder, name)));
      expect(lock).toBeDefined();
      cpSync(join(builder, lock ?? ''), join(app, lock ?? ''));
    }
  });
});
