import { describe, expect, it } from 'vitest';
import { packageNameProblems, suggestPackageName } from './package-name.js';

describe('packageNameProblems', () => {
  it.each(['my-agent', 'a', '@scope/x', '@scope/http', 'x.y', 'a_b', 'a'.repeat(214)])('accepts %s', (name) => {
    expect(packageNameProblems(name)).toEqual([]);
  });

  it.each([
    ['', 'empty'],
    ['a'.repeat(215), 'longer than 214'],
    [' a', 'space'],
    ['.a', 'starts with "."'],
    ['_a', 'starts with "_"'],
    ['-a', 'starts with "-"'],
    ['Agent', 'capital'],
    ["it's", "~ ' ! ( ) *"],
    ['a b', 'escaping in a URL'],
    ['a/b', 'escaping in a URL'],
    ['ünder', 'escaping in a URL'],
    ['node_modules', 'reserved'],
    ['favicon.ico', 'reserved'],
    ['fs', 'module of Node'],
    ['http', 'module of Node'],
  ])('refuses "%s": %s', (name, rule) => {
    expect(packageNameProblems(name).join('; ')).toContain(rule);
  });
});

describe('suggestPackageName', () => {
  it.each([
    ['My Bad@@Name!!', 'my-bad-name'],
    ['MyAgent', 'my-agent'],
    ['Über Größe', 'uber-gro-e'],
    ['!!!', 'my-agent'],
    ['http', 'http-agent'],
    ['@Scope/My Thing', '@scope/my-thing'],
    ['a'.repeat(300), 'a'.repeat(214)],
  ])('makes of %s an acceptable name', (wanted, name) => {
    expect(packageNameProblems(suggestPackageName(wanted))).toEqual([]);
    expect(suggestPackageName(wanted)).toBe(name);
  });
});
