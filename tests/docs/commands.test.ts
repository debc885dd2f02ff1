import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '@macp-agent/cli';
import { beforeAll, describe, expect, it } from 'vitest';
import { documents, read, root, typed } from './documents.js';

const scriptsOf = (manifest: string): Set<string> => new Set(Object.keys((JSON.parse(read(manifest)) as { scripts?: object }).scripts ?? {}));
/** Commands of pnpm itself. */
const PNPM = new Set(['install', 'exec', 'changeset']);

async function help(words: readonly string[]): Promise<string> {
  let text = '';
  const stream = { write: (part: string) => void (text += part) };
  const { signal } = new AbortController();
  await runCli([...words, '--help'], { stdout: stream, stderr: stream, env: {}, cwd: root, signal, forceSignal: signal });
  return text;
}

/** Help by command line, such as `bootstrap check`. */
const pages = new Map<string, string>();

async function learn(words: readonly string[]): Promise<void> {
  const text = await help(words);
  pages.set(words.join(' '), text);
  const list = text.split('\nCommands:\n')[1]?.split('\n\n')[0] ?? '';
  for (const [, name = ''] of list.matchAll(/^ {2}(\S+)/gm)) if (name !== 'help') await learn([...words, name]);
}

beforeAll(() => learn([]));

/** What is wrong with a `macp …` line; undefined when the command and all its options exist. */
function wrongWith(line: string): string | undefined {
  const words = line.split(/\s+/);
  const path: string[] = [];
  while (path.length < words.length && pages.has([...path, words[path.length]].join(' '))) path.push(words[path.length] ?? '');
  if (path.length === 0) return words[0]?.startsWith('-') === true ? undefined : `there is no macp ${words[0]}`;
  const text = pages.get(path.join(' ')) ?? '';
  if (/\nCommands:\n/.test(text) && words[path.length] !== undefined && !/^[-…]/.test(words[path.length] ?? ''))
    return `there is no macp ${path.join(' ')} ${words[path.length]}`;
  const known = new Set([...text.matchAll(/(?<=[\s,])--?[a-z][a-z-]*/g)].map(([option]) => option));
  const unknown = words.slice(path.length).find((word) => /^--?[a-z]/.test(word) && !known.has(word.split('=')[0] ?? ''));
  return unknown === undefined ? undefined : `macp ${path.join(' ')} has no ${unknown}`;
}

describe.each(documents)('%s', (path) => {
  const lines = typed(read(path));

  it('names scripts that exist', () => {
    const own = scriptsOf('package.json');
    const missing = lines.flatMap((line) => {
      const pnpm = /^npx pnpm ([a-z][\w:-]*)/.exec(line)?.[1];
      return pnpm !== undefined && !own.has(pnpm) && !PNPM.has(pnpm) ? [pnpm] : [];
    });
    expect(missing).toEqual([]);
  });

  it('names scripts that each project has', () => {
    const templates = readdirSync(join(root, 'templates')).map((name) => scriptsOf(`templates/${name}/package.json`));
    const missing = lines.flatMap((line) => {
      const [, script = /(?:^|\s)npm (start|test)\b/.exec(line)?.[1]] = /(?:^|\s)npm run ([a-z][\w:-]*)/.exec(line) ?? [];
      return script !== undefined && templates.some((scripts) => !scripts.has(script)) ? [script] : [];
    });
    expect(missing).toEqual([]);
  });

  it('names commands and options of macp that exist', () => {
    // `macp run <ref> | jq …`: what follows is another command.
    const typedLines = lines.flatMap((line) => /^(?:[A-Z][A-Z_]*=\S+ )*(?:npx )?macp ([^|<>&;()]+)/.exec(line)?.[1]?.trim() ?? []);
    expect(typedLines.flatMap((line) => wrongWith(line) ?? [])).toEqual([]);
  });
});
