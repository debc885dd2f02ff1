import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, extname, isAbsolute, relative, resolve, sep } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { parseAllDocuments, type Document, type ScalarTag } from 'yaml';
import { parseJson } from './parse-json.js';
import { unreadable } from './unreadable.js';

const MAX_FILE_BYTES = 1_048_576;
const MAX_INCLUDE_DEPTH = 16;
const EXTENSIONS = ['.yaml', '.yml', '.json'];

/**
 * Reads a YAML or JSON file of a pack. `!include <path>` in YAML is relative to the file that contains it and stays under
 * `root`, links followed. An empty file is null. At most 1 MiB per file and 16 includes deep.
 * Throws INVALID_PACK_DATA, naming the containing file.
 */
export function loadYaml(path: string, root: string): unknown {
  return only(path, loadYamlDocuments(path, root));
}

/** The same for a file that may hold several documents, divided by `---`. */
export function loadYamlDocuments(path: string, root: string): unknown[] {
  return read(resolve(path), realpathSync(root), []);
}

function only(path: string, documents: readonly unknown[]): unknown {
  if (documents.length > 1) throw invalid(path, `holds ${documents.length} documents; one is allowed here`);
  return documents[0] ?? null;
}

function read(path: string, root: string, including: readonly string[]): unknown[] {
  const text = readText(path);
  if (extname(path) === '.json') return [readJson(text, path)];
  const include: ScalarTag = {
    tag: '!include',
    resolve: (argument) => readInclude(argument, path, root, [...including, path]),
  };
  const documents: Document[] = [...parseAllDocuments(text, { schema: 'core', customTags: [include], prettyErrors: true })];
  return documents.map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw invalid(path, `is not valid YAML: ${problem.message.split('\n')[0] ?? ''}`, problem);
    try {
      return (document.toJS({ maxAliasCount: 100 }) as unknown) ?? null;
    } catch (error) {
      throw invalid(path, 'is not valid YAML: too many aliases', error);
    }
  });
}

function readInclude(argument: string, from: string, root: string, including: readonly string[]): unknown {
  if (argument.trim() === '') throw invalid(from, 'has an !include without a path');
  if (!EXTENSIONS.includes(extname(argument))) throw invalid(from, `includes ${argument}: only ${EXTENSIONS.join(', ')} can be included`);
  const lexical = resolve(dirname(from), argument);
  if (isAbsolute(argument) || !isInside(lexical, root)) throw invalid(from, `includes ${argument}, which is outside the packs root`);
  const target = realPath(lexical);
  if (target === undefined) throw invalid(from, `includes ${argument}, which does not exist`);
  if (!isInside(target, root)) throw invalid(from, `includes ${argument}, which is outside the packs root`);
  if (including.includes(target)) throw invalid(from, `includes ${argument}, which includes it again`);
  if (including.length > MAX_INCLUDE_DEPTH) throw invalid(from, `includes ${argument} more than ${MAX_INCLUDE_DEPTH} files deep`);
  return only(target, read(target, root, including));
}

function readText(path: string): string {
  let bytes: number;
  try {
    bytes = statSync(path).size;
  } catch (error) {
    throw invalid(path, `cannot be read: ${unreadable(error)}`, error);
  }
  if (bytes > MAX_FILE_BYTES) throw invalid(path, `is over ${MAX_FILE_BYTES} bytes`);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(path, `cannot be read: ${unreadable(error)}`, error);
  }
}

function readJson(text: string, path: string): unknown {
  if (text.trim() === '') return null;
  const parsed = parseJson(text);
  if (!parsed.ok) throw invalid(path, parsed.problem);
  return parsed.value;
}

/** True for a path below a folder, or the folder itself. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`));
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    // Missing or unreadable: the caller names the include.
    return undefined;
  }
}

function invalid(path: string, text: string, cause?: unknown): MacpError {
  return new MacpError('INVALID_PACK_DATA', `${path} ${text}`, { cause, context: { path } });
}
