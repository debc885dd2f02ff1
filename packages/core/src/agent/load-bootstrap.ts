import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseBootstrap, type Bootstrap, type ParseBootstrapOptions } from './bootstrap.js';
import { isJsonObject, type Env } from './bootstrap-document.js';
import { START_FIX } from './bootstrap-initiator.js';
import { InvalidBootstrapError, type BootstrapProblem } from './bootstrap-problem.js';
import { findJsonFault } from './json-position.js';

/** A bootstrap is a page of settings; anything larger is the wrong file. */
const MAX_FILE_BYTES = 4_194_304;

/** Where `loadBootstrap` looks, and what it lets pass. */
export interface LoadBootstrapOptions {
  /** Variables to read. Default: those of the process. */
  readonly env?: Env;
  /** Let a document without a token use the participant id as a development credential. Default false. */
  readonly allowDevelopmentCredential?: boolean;
  /** For a program that opens sessions: a bootstrap that says nothing about the start is refused. Default false. */
  readonly requireInitiator?: boolean;
}

/**
 * Reads the bootstrap of this agent: the given object or path, else the file that MACP_BOOTSTRAP_FILE names, else the
 * variables MACP_SESSION_ID, MACP_PARTICIPANT_ID, MACP_RUNTIME_ADDRESS and MACP_RUNTIME_TOKEN, with MACP_PARTICIPANT_ROLE and
 * MACP_SESSION_CONTEXT_JSON for an agent whose code asks for them and MACP_INITIATOR_JSON for the one that opens the session. Values
 * of the document win over variables; who opens the session is never mixed. Synchronous: it runs once, before anything else.
 * Throws InvalidBootstrapError (INVALID_BOOTSTRAP) with every problem at once.
 */
export function loadBootstrap(source?: string | object, options: LoadBootstrapOptions = {}): Bootstrap {
  const env = options.env ?? process.env;
  const { allowDevelopmentCredential = false, requireInitiator = false } = options;
  const parse = { env, allowDevelopmentCredential, requireInitiator };
  if (typeof source === 'object') return parseBootstrap(source, parse);
  const file = source ?? nonEmpty(env['MACP_BOOTSTRAP_FILE']) ?? nonEmpty(env['MACP_BOOTSTRAP_PATH']);
  if (file === undefined) return fromEnvironment(env, parse);

  const path = resolve(file);
  const { document, warnings } = readDocument(path);
  if (source === undefined && nonEmpty(env['MACP_BOOTSTRAP_FILE']) === undefined)
    warnings.push('MACP_BOOTSTRAP_PATH is read for now; the name is MACP_BOOTSTRAP_FILE');
  const bootstrap = parseBootstrap(document, { ...parse, source: path });
  return { ...bootstrap, warnings: [...warnings, ...bootstrap.warnings] };
}

const nonEmpty = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

const ESSENTIAL = ['MACP_SESSION_ID', 'MACP_PARTICIPANT_ID', 'MACP_RUNTIME_ADDRESS', 'MACP_RUNTIME_TOKEN'];

function fromEnvironment(env: Env, options: ParseBootstrapOptions): Bootstrap {
  const source = 'the environment';
  const missing = ESSENTIAL.filter((name) => nonEmpty(env[name]) === undefined);
  if (missing.length === ESSENTIAL.length) {
    throw new InvalidBootstrapError(source, [
      problem(
        'MACP_BOOTSTRAP_FILE is not set',
        'nothing',
        'point it at the JSON file of this agent, nested {"run": {...}, "participant": {...}, "runtime": {...}} or flat {"participant_id": ..., "session_id": ..., "mode": ...}; ' +
          `or set ${ESSENTIAL.join(', ')}${options.requireInitiator === true ? ' and MACP_INITIATOR_JSON' : ''}. To see a whole run, let \`macp run\` (\`npm start\` in a project) write one for each agent.`,
      ),
    ]);
  }
  try {
    const initiator = readInitiator(env, source);
    return parseBootstrap(initiator === undefined ? {} : { initiator }, { ...options, source });
  } catch (error) {
    if (!(error instanceof InvalidBootstrapError) || missing.length === 0) throw error;
    const note = problem('MACP_BOOTSTRAP_FILE is not set', 'nothing', `set it, or complete the variables ${ESSENTIAL.join(', ')}.`);
    throw new InvalidBootstrapError(source, [note, ...error.problems], { cause: error });
  }
}

function readInitiator(env: Env, source: string): object | undefined {
  const text = nonEmpty(env['MACP_INITIATOR_JSON']);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const rule = 'must be a JSON object (variable MACP_INITIATOR_JSON)';
  throw new InvalidBootstrapError(source, [{ path: 'initiator', rule, found: 'other text', step: 'launch', fix: `${START_FIX}.` }]);
}

function readDocument(path: string): { document: unknown; warnings: string[] } {
  const { text, warnings } = readText(path);
  const content = text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    return { document: JSON.parse(content), warnings };
  } catch (error) {
    const fault = findJsonFault(content);
    // The cause is left out on purpose: its message quotes the file, which may be the token.
    const where = fault === undefined ? (error as Error).name : `line ${fault.line}, column ${fault.column}: expected ${fault.expected}`;
    throw new InvalidBootstrapError(path, [
      problem(`MACP_BOOTSTRAP_FILE (${path}) is not valid JSON: ${where}`, 'text', 'let the producer write the file again, or correct it at that place.'),
    ]);
  }
}

function readText(path: string): { text: string; warnings: string[] } {
  try {
    const file = openSync(path, 'r');
    try {
      const { size, mode } = fstatSync(file);
      if (size > MAX_FILE_BYTES)
        throw new InvalidBootstrapError(path, [
          problem(`the file must not exceed ${MAX_FILE_BYTES} bytes`, `${size} bytes`, 'point MACP_BOOTSTRAP_FILE at the bootstrap file.'),
        ]);
      const shared = process.platform !== 'win32' && (mode & 0o077) !== 0;
      const warnings = shared ? [`${path} can be read by others (mode ${(mode & 0o777).toString(8)}) and holds a token; chmod 600 it`] : [];
      return { text: readFileSync(file, 'utf8'), warnings };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof InvalidBootstrapError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const rule = code === 'ENOENT' ? `Bootstrap file not found: ${path}` : `Bootstrap file cannot be read: ${path} (${code ?? 'unknown error'})`;
    throw new InvalidBootstrapError(
      path,
      [problem(rule, code === 'EISDIR' ? 'a folder' : 'nothing', 'check the path that was given, or MACP_BOOTSTRAP_FILE.')],
      { cause: error },
    );
  }
}

function problem(rule: string, found: string, fix: string): BootstrapProblem {
  return { path: '', rule, found, step: 'launch', fix };
}
