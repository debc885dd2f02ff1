import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documents, prose, read, root } from './documents.js';

/** The anchor of a heading, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/[`*]|\]\([^)]*\)|\[/g, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

const anchors = (path: string): Set<string> => new Set([...prose(read(path)).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)));

/** Relative links of a document: [text](target) and ![text](target). */
const links = (path: string): string[] =>
  [...prose(read(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target));

describe('links', () => {
  it.each(documents)('of %s lead somewhere', (path) => {
    const broken = links(path).filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : normalize(join(dirname(path), file));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && (!statSync(join(root, target)).isFile() || !anchors(target).has(anchor));
    });
    expect(broken).toEqual([]);
  });

  it('reach every page from the index', () => {
    const index = 'docs/README.md';
    const linked = new Set(links(index).map((link) => normalize(join('docs', link.split('#')[0] ?? ''))));
    const pages = documents.filter((path) => (path.startsWith('docs/') && path !== index) || path.startsWith('packages/'));
    expect(pages.filter((path) => !linked.has(path))).toEqual([]);
  });
});
