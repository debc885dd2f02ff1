import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each package may depend on, of ours. Tests of the starred ones may also use the runtime. */
const ARROWS: Record<string, readonly string[]> = {
  protocol: [],
  core: ['protocol'],
  runtime: ['protocol'],
  testing: ['core', 'runtime', 'protocol'],
  scenarios: ['core', 'protocol'],
  'control-plane': ['core', 'protocol'],
  cli: ['control-plane', 'core', 'protocol', 'runtime', 'scenarios'],
  'create-macp-agent': [],
};
const TEST_ONLY = ['runtime', 'testing'];

const ours = (name: string): string | undefined => /^@macp-agent\/([a-z-]+)/.exec(name)?.[1];

function sourcesOf(folder: string): string[] {
  return readdirSync(join(root, 'packages', folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(root, 'packages', folder, 'src', name));
}

function importsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(@macp-agent\/[^']+)'/g)].map((match) => match[1] ?? '');
}

describe('the arrows between packages', () => {
  it('name every package of the workspace', () => {
    const folders = readdirSync(join(root, 'packages')).filter((name) => existsSync(join(root, 'packages', name, 'package.json')));
    expect(folders.toSorted()).toEqual(Object.keys(ARROWS).toSorted());
  });

  for (const [folder, allowed] of Object.entries(ARROWS)) {
    it(`let ${folder} depend on ${allowed.join(', ') || 'nothing of ours'}`, () => {
      const manifest = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')) as { dependencies?: Record<string, string> };
      const dependencies = Object.keys(manifest.dependencies ?? {}).flatMap((name) => ours(name) ?? []);
      expect(dependencies.filter((name) => !allowed.includes(name))).toEqual([]);
    });

    it(`hold in the sources of ${folder}`, () => {
      const wrong = sourcesOf(folder).flatMap((file) => {
        const test = /\.(test|contract)(\.support)?\.tsx?$|\/(fixtures|test-support)\//.test(file);
        const reachable = test ? [...allowed, ...TEST_ONLY] : allowed;
        return importsOf(file)
          .filter((name) => ours(name) !== folder && !reachable.includes(ours(name) ?? ''))
          .map((name) => `${file.slice(root.length)} imports ${name}`);
      });
      expect(wrong).toEqual([]);
    });
  }

  it('keep generated code behind the wire tables', () => {
    const wrong = sourcesOf('protocol').filter((file) => !/\/(wire|modes\/[a-z-]+|gen)\//.test(file) && readFileSync(file, 'utf8').includes('gen/proto.js'));
    expect(wrong).toEqual([]);
  });
});
