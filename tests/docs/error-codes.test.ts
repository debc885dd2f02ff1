import { readdirSync, readFileSync } from 'node:fs';
import { ERROR_CODES } from '@macp-agent/protocol';
import { expect, it } from 'vitest';
import { read, root } from './documents.js';

const sources = (folder: string): string[] =>
  readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:test|interop)\.ts$/.test(name) && !name.includes('node_modules') && !name.endsWith('error-codes.test.ts'))
    .map((name) => readFileSync(`${root}${folder}/${name}`, 'utf8'));

const tests = ['packages', 'tests', 'templates', 'examples'].flatMap(sources).join('\n');
const page = read('docs/reference/errors.md');

it.each(Object.keys(ERROR_CODES))('%s is expected by a test and explained', (code) => {
  expect(tests).toMatch(new RegExp(`\\b${code}\\b`));
  expect(page).toContain(`### \`${code}\``);
});
