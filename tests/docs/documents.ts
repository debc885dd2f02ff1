import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const under = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'));

const readmesOf = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .map((name) => `${folder}/${name}/README.md`)
    .filter((path) => existsSync(join(root, path)));

/** Documents that readers of this repository see, as paths from its root. */
export const documents = ['README.md', 'CONTRIBUTING.md', ...under('docs'), ...readmesOf('packages'), ...readmesOf('templates'), ...readmesOf('examples')];

/** The text without fenced blocks, which hold code and output. */
export const prose = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '');

/** What a reader may type: lines of bash blocks, and inline code. */
export function typed(text: string): string[] {
  const blocks = [...text.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].flatMap(([, body = '']) => body.split('\n'));
  const indented = [...text.matchAll(/^ {4}(\S.*)$/gm)].map(([, line = '']) => line);
  const inline = [...prose(text).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return [...blocks, ...indented, ...inline].map((line) => line.replace(/\s#.*$/, '').trim()).filter((line) => line !== '');
}
