import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../templates/', import.meta.url));
const NAMES = ['node', 'langgraph', 'langchain'] as const;
const BUILT = /(^|\/)(node_modules|dist|runs|\.macp-data|\.turbo)(\/|$)|\.tsbuildinfo$/;

const read = (template: string, path: string): string => readFileSync(join(folder, template, path), 'utf8');
const filesOf = (template: string): string[] =>
  readdirSync(join(folder, template), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, template).length + 1))
    .filter((path) => !BUILT.test(path));

interface Manifest {
  readonly name: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly macp: { readonly template: string; readonly version: string };
}
const manifestOf = (template: string): Manifest => JSON.parse(read(template, 'package.json')) as Manifest;

describe('the templates share what is not about the framework', () => {
  it.each(['.gitignore', '.dockerignore', 'Dockerfile', '.github/workflows/ci.yml', 'tsconfig.json', 'test/tsconfig.json', 'policies/majority.json'])(
    '%s',
    (path) => {
      for (const template of NAMES) expect(read(template, path)).toBe(read('node', path));
    },
  );

  it.each(['src/model.ts', 'src/tools.ts', 'src/decide.ts', 'test/model.test.ts'])('%s of langgraph and langchain', (path) => {
    expect(read('langchain', path)).toBe(read('langgraph', path));
  });

  it('.env.example, but for the variables of the framework', () => {
    expect(read('langgraph', '.env.example').startsWith(read('langchain', '.env.example'))).toBe(true);
  });

  it('the scenario, but for the name of the framework', () => {
    const neutral = (template: string): string => read(template, 'scenario.yaml').replace(/(dist\/evaluator\.js, framework: )\w+/, '$1any');
    for (const template of NAMES) expect(neutral(template)).toBe(neutral('node'));
  });

  it('the rules of decide.ts', () => {
    const instructions = /\/\*\* What a real model is told[\s\S]*?\n};\n\n/;
    expect(read('langgraph', 'src/decide.ts').replace(instructions, '')).toBe(read('node', 'src/decide.ts'));
  });
});

describe.each([
  ['node', 20, 6],
  ['langgraph', 25, 11],
  ['langchain', 25, 11],
] as const)('the %s template', (template, maxFiles, maxDependencies) => {
  it(`has at most ${maxFiles} files and ${maxDependencies} direct dependencies`, () => {
    const { dependencies, devDependencies } = manifestOf(template);
    // The scaffolder adds pnpm-workspace.yaml for pnpm.
    expect(filesOf(template).length + 1).toBeLessThanOrEqual(maxFiles);
    expect(Object.keys({ ...dependencies, ...devDependencies }).length).toBeLessThanOrEqual(maxDependencies);
  });

  it('pins ranges, never a moving tag, and says where it comes from', () => {
    const { dependencies, devDependencies, macp } = manifestOf(template);
    for (const range of Object.values({ ...dependencies, ...devDependencies })) expect(range).toMatch(/^[~^]?\d/);
    expect(macp).toEqual({ template, version: '0.1.0' });
  });

  it('keeps the wiring of each agent under 40 lines', () => {
    for (const entry of ['src/initiator.ts', 'src/evaluator.ts']) expect(read(template, entry).split('\n').length).toBeLessThan(41);
  });

  it('has an AGENTS.md of at most 80 lines that only names scripts that exist', () => {
    const text = read(template, 'AGENTS.md');
    const { scripts } = manifestOf(template);
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(80);
    for (const [, script = ''] of text.matchAll(/npm run ([\w:-]+)/g)) expect(Object.keys(scripts)).toContain(script);
    for (const [, path = ''] of text.matchAll(/`((?:src|test)\/[\w.-]+)`/g)) expect(filesOf(template)).toContain(path);
  });

  it('has a README with every section and at most three commands to the first result', () => {
    const text = read(template, 'README.md');
    const titles = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(titles).toEqual(expect.arrayContaining(['What happened', 'Change the policy', 'Add a participant', 'Use a real model', 'Debug', 'Deploy']));
    expect(/```bash\n([\s\S]*?)```/.exec(text)?.[1]?.trim().split('\n').length).toBeLessThanOrEqual(3);
    for (const [, script = ''] of text.matchAll(/npm run ([\w:-]+)/g)) expect(Object.keys(manifestOf(template).scripts)).toContain(script);
  });

  it('holds no placeholders, keys or tokens', () => {
    for (const path of filesOf(template)) expect([path, /TODO|FIXME|lorem|my-app|sk-|AKIA/.exec(read(template, path))?.[0]]).toEqual([path, undefined]);
  });

  it('asks for nothing in .env.example', () => {
    expect(
      read(template, '.env.example')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#')),
    ).toEqual([]);
  });
});
