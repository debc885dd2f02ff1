import { describe, expect, it } from 'vitest';
import { planProject, type PlanInput } from './plan.js';
import { projectName } from './rename.js';
import type { ProjectFile } from './templates.js';

const file = (path: string, text: string): ProjectFile => ({ path, content: Buffer.from(text) });
const templateFiles = [
  file(
    'package.json',
    JSON.stringify({
      name: '@macp-agent/template-node',
      version: '9.9.9',
      private: true,
      scripts: { start: 'tsc && macp run scenario.yaml', evaluator: 'node dist/evaluator.js', lint: 'oxlint src test' },
      dependencies: { '@macp-agent/core': '^0.1.0' },
      overrides: { vite: '~8.3.8' },
      allowScripts: { protobufjs: false },
      pnpm: { ignoredBuiltDependencies: ['protobufjs'] },
    }),
  ),
  file('README.md', '# @macp-agent/template-node\n\n    npm install && npm start\n'),
  file(
    'Dockerfile',
    'FROM node:22\nCOPY package.json package-lock.json ./\nRUN npm ci\n# One agent. The other agent: dist/initiator.js\nCMD ["node", "dist/evaluator.js"]\n',
  ),
  file('.gitignore', 'dist/\n*.tgz\n'),
  file('scenario.yaml', 'entry: dist/evaluator.js\nother: dist/initiator.js\n'),
  file('src/decide.ts', 'export const x = 1;\n'),
  file('src/evaluator.ts', "import { x } from './decide.js';\nimport { y } from 'other';\n"),
  file('src/initiator.ts', "import { x } from './decide.js';\n"),
  file('test/tsconfig.json', '{ "include": [".", "../src"] }\n'),
  { path: 'logo.bin', content: Buffer.from([0, 1, 2]) },
];
const peers = [file('evaluator.ts', '// scripted evaluator\n'), file('initiator.ts', '// scripted initiator\n'), file('tsconfig.json', '{}\n')];
const input: PlanInput = { name: 'mine', template: 'node', role: 'both', packageManager: 'npm', version: '1.2.3', templateFiles, peers };
const vendor = {
  packages: [{ name: '@macp-agent/core', version: '0.1.0', file: file('vendor/macp-agent-core-0.1.0.tgz', 'tgz') }],
  switchScript: file('vendor/use-registry.mjs', '// script'),
};

function plan(changes: Partial<PlanInput> = {}): { paths: string[]; text: (path: string) => string } {
  const files = planProject({ ...input, ...changes });
  return {
    paths: files.map(({ path }) => path),
    text: (path) => files.find((candidate) => candidate.path === path)?.content.toString('utf8') ?? `no ${path}`,
  };
}

describe('planProject', () => {
  it('writes the user’s name where the template’s stood, and the stamp', () => {
    const { paths, text } = plan();
    expect(paths).toEqual(templateFiles.map(({ path }) => path).toSorted());
    expect(JSON.parse(text('package.json'))).toEqual({
      name: 'mine',
      version: '0.1.0',
      private: true,
      scripts: { start: 'tsc && macp run scenario.yaml', evaluator: 'node dist/evaluator.js', lint: 'oxlint src test' },
      dependencies: { '@macp-agent/core': '^0.1.0' },
      overrides: { vite: '~8.3.8' },
      allowScripts: { protobufjs: false },
      macp: {
        template: 'node',
        version: '1.2.3',
        role: 'both',
        packageManager: 'npm',
        written: expect.stringMatching(/^\.gitignore:[\da-f]{8} .*package\.json#scripts\.start:[\da-f]{8}/),
      },
    });
    expect(text('package.json').endsWith('}\n')).toBe(true);
    expect(text('README.md')).toContain('# mine\n');
  });

  it('hands binary files through', () => {
    expect(planProject(input).find(({ path }) => path === 'logo.bin')?.content).toEqual(Buffer.from([0, 1, 2]));
  });

  it('is pure: equal answers give equal bytes', () => {
    expect(planProject(input)).toEqual(planProject(input));
  });

  it('seats a scripted peer for one role, and everything follows', () => {
    const { paths, text } = plan({ role: 'initiator' });
    expect(paths.filter((path) => /peers|src/.test(path))).toEqual(['peers/evaluator.ts', 'peers/tsconfig.json', 'src/decide.ts', 'src/initiator.ts']);
    expect(text('peers/evaluator.ts')).toBe('// scripted evaluator\n');
    expect(text('scenario.yaml')).toBe('entry: dist/peers/evaluator.js\nother: dist/initiator.js\n');
    expect(text('test/tsconfig.json')).toContain('"../src", "../peers"');
    expect(JSON.parse(text('package.json'))).toMatchObject({
      scripts: { start: 'tsc && tsc -p peers && macp run scenario.yaml', lint: 'oxlint src test peers' },
    });
    expect(text('package.json')).not.toContain('"evaluator":');
    expect(text('README.md')).toContain('This project is about the initiator.');
    expect(text('Dockerfile')).toContain('# One agent.\nCMD ["node", "dist/initiator.js"]\n');
    expect(plan({ role: 'evaluator' }).text('Dockerfile')).toContain('CMD ["node", "dist/evaluator.js"]');
    expect(plan({ role: 'evaluator' }).paths).toContain('peers/initiator.ts');
  });

  it('writes for pnpm: scripts, image and settings', () => {
    const { text } = plan({ packageManager: 'pnpm' });
    expect(text('package.json')).not.toMatch(/allowScripts|overrides|"pnpm":/);
    expect(text('pnpm-workspace.yaml')).toContain('ignoredBuiltDependencies:\n  - protobufjs\n');
    expect(text('Dockerfile')).toContain('COPY package.json pnpm-*.yaml ./');
  });

  it('gives yarn a node_modules folder', () => {
    expect(plan({ packageManager: 'yarn' }).text('.yarnrc.yml')).toBe('nodeLinker: node-modules\n');
    expect(JSON.parse(plan({ packageManager: 'yarn' }).text('package.json'))).toHaveProperty('resolutions', { cookie: '^1.1.1', vite: '~8.3.8' });
  });

  it('points every dependency at the vendored packages, transitive ones too', () => {
    const { paths, text } = plan({ vendor });
    const manifest = JSON.parse(text('package.json')) as Record<string, unknown>;
    expect(manifest).toMatchObject({
      dependencies: { '@macp-agent/core': 'file:vendor/macp-agent-core-0.1.0.tgz' },
      overrides: { vite: '~8.3.8', '@macp-agent/core': 'file:vendor/macp-agent-core-0.1.0.tgz' },
    });
    expect(paths).not.toContain('pnpm-workspace.yaml');
    expect(plan({ vendor, packageManager: 'pnpm' }).text('pnpm-workspace.yaml')).toContain(
      "overrides:\n  '@macp-agent/core': file:vendor/macp-agent-core-0.1.0.tgz\n",
    );
    expect(text('Dockerfile')).toContain('COPY package.json package-lock.json ./\nCOPY vendor ./vendor\n');
    expect(text('.gitignore')).toContain('!vendor/*.tgz');
    expect(text('README.md')).toContain('node vendor/use-registry.mjs');
    expect(paths).toContain('vendor/macp-agent-core-0.1.0.tgz');
  });

  it('refuses a vendor folder that lacks a package', () => {
    expect(() => plan({ vendor: { ...vendor, packages: [] } })).toThrow(expect.objectContaining({ code: 'VENDOR_NOT_FOUND' }));
  });
});

describe('projectName', () => {
  it('gives dotfiles their dot back in every folder', () => {
    expect(['_gitignore', '_github/workflows/ci.yml', 'src/a_b.ts', '_env.example'].map(projectName)).toEqual([
      '.gitignore',
      '.github/workflows/ci.yml',
      'src/a_b.ts',
      '.env.example',
    ]);
  });
});
