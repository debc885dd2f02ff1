import { existsSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPackageCopy, type PackageCopy } from './test-support/package-copy.js';
import { run, type RunResult } from './test-support/run.js';

const templates = fileURLToPath(new URL('../../../templates/', import.meta.url));
const LIMIT_MS = 60_000;

let copy: PackageCopy;
beforeAll(async () => {
  copy = await createPackageCopy();
});
afterAll(() => copy.remove());

interface Project {
  readonly folder: string;
  /** A binary of the project's dependencies, which are those of the template in this workspace. */
  tool(name: string, ...args: string[]): Promise<RunResult>;
}

async function project(template: string, role: string): Promise<Project> {
  const cwd = await copy.workFolder();
  const created = await run(process.execPath, [copy.bin, 'app', '-t', template, '--role', role, '-y', '--no-git'], { cwd, env: copy.env });
  if (created.code !== 0) throw new Error(created.stderr);
  const folder = join(cwd, 'app');
  symlinkSync(join(templates, template, 'node_modules'), join(folder, 'node_modules'));
  return { folder, tool: (name, ...args) => run(join(folder, 'node_modules/.bin', name), args, { cwd: folder, env: copy.env }) };
}

async function compiled(template: string, role: string): Promise<Project> {
  const made = await project(template, role);
  for (const args of [[], ['-p', 'peers'], ['-p', 'test']]) expect(await made.tool('tsc', ...args)).toMatchObject({ code: 0, stdout: '' });
  return made;
}

describe('a project with one role', () => {
  it.each([
    ['node', 'initiator', 'evaluator'],
    ['node', 'evaluator', 'initiator'],
    ['langgraph', 'evaluator', 'initiator'],
    ['langchain', 'initiator', 'evaluator'],
  ])(
    'of the %s template is about the %s; a scripted %s without a framework makes the decision whole',
    async (template, role, peer) => {
      const { folder, tool } = await compiled(template, role);
      expect(readdirSync(join(folder, 'peers'))).toEqual([`${peer}.ts`, 'tsconfig.json']);
      expect(existsSync(join(folder, `src/${peer}.ts`))).toBe(false);
      const imports = [...readFileSync(join(folder, `peers/${peer}.ts`), 'utf8').matchAll(/from '(.+)'/g)].map((match) => match[1]);
      expect(imports).toEqual(['@macp-agent/core']);
      expect(await tool('oxlint', '--deny-warnings', 'src', 'test', 'peers')).toMatchObject({ code: 0 });
      const started = await tool('macp', 'run', 'scenario.yaml');
      expect([started.code, started.stdout]).toEqual([0, expect.stringMatching(/SessionStart[^]+Vote[^]+Vote[^]+Vote[^]+RESOLVED step_up \(positive\)/)]);
    },
    LIMIT_MS,
  );
});

describe('the other endings with scripted peers', () => {
  it.each(['initiator', 'evaluator'])(
    'are the same for the %s',
    async (role) => {
      const { tool } = await compiled('node', role);
      const endings = [
        ['veto', 3],
        ['timeout', 4],
        ['cancel', 4],
      ] as const;
      for (const [slug, code] of endings) {
        const ended = await tool('macp', 'run', 'scenario.yaml', '--template', slug);
        expect([slug, ended.code, ended.stdout]).toEqual([slug, code, expect.any(String)]);
      }
    },
    LIMIT_MS,
  );
});

describe('the documents of a project with one role', () => {
  it.each(['initiator', 'evaluator'])('name no file and no script that is not there for the %s', async (role) => {
    for (const template of readdirSync(join(copy.folder, 'dist/templates'))) {
      const { folder } = await project(template, role);
      const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
      for (const name of ['README.md', 'AGENTS.md', '.env.example', 'scenario.yaml']) {
        const text = readFileSync(join(folder, name), 'utf8');
        const files = [...text.matchAll(/`?\b((?:src|peers|test|policies)\/[\w./-]+\.(?:ts|json))\b/g)].map((match) => match[1] ?? '');
        expect([name, files.filter((path) => !existsSync(join(folder, path)))]).toEqual([name, []]);
        const wanted = [...text.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? '');
        expect([name, wanted.filter((script) => !(script in scripts))]).toEqual([name, []]);
      }
    }
  });
});
