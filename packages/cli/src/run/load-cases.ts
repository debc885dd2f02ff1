import { readFileSync, statSync } from 'node:fs';
import { MacpError } from '@macp-agent/protocol';
import { systemReason, type ExpectedOutcome, type JsonObject } from '@macp-agent/scenarios';

/** One line of a cases file. */
export interface Case {
  readonly name: string;
  /** Reference of its scenario; default the one that the command names, or the only one of the pack. */
  readonly scenario?: string;
  readonly template?: string;
  readonly inputs?: JsonObject;
  readonly expect?: ExpectedOutcome;
  /** What is known to be right, such as the action that a person took; for the confusion matrix of a batch. */
  readonly label?: string;
}

const MAX_CASES = 100_000;
const MAX_BYTES = 128 * 1_048_576;
const MEMBERS = new Set(['name', 'scenario', 'template', 'inputs', 'expect', 'label']);

/** Reads a JSON Lines file of cases. Throws INVALID_OPTIONS with the line number. */
export function loadCases(path: string): Case[] {
  let text: string;
  let bytes: number;
  try {
    bytes = statSync(path).size;
    text = bytes > MAX_BYTES ? '' : readFileSync(path, 'utf8');
  } catch (error) {
    throw new MacpError('INVALID_OPTIONS', `the cases file ${path} cannot be read: ${systemReason(error)}`, { cause: error, context: { path } });
  }
  if (bytes > MAX_BYTES)
    throw new MacpError('INVALID_OPTIONS', `the cases file ${path} has ${bytes} bytes; at most ${MAX_BYTES} are read; split it`, { context: { path } });
  const cases = text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [readCase(line, `${path}:${index + 1}`, index + 1)]));
  if (cases.length === 0) throw new MacpError('INVALID_OPTIONS', `the cases file ${path} holds no case`, { context: { path } });
  if (cases.length > MAX_CASES) throw new MacpError('INVALID_OPTIONS', `the cases file ${path} holds over ${MAX_CASES} cases; split it`, { context: { path } });
  return cases;
}

function readCase(line: string, where: string, number: number): Case {
  const bad = (text: string): MacpError =>
    new MacpError('INVALID_OPTIONS', `${where} ${text}; write {"name": "...", "template": "...", "inputs": {...}, "expect": {...}, "label": "..."}`, {
      context: { path: where },
    });
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw bad(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(value)) throw bad('is not a JSON object');
  const unknown = Object.keys(value).find((key) => !MEMBERS.has(key));
  if (unknown !== undefined) throw bad(`has the unknown member ${unknown}`);
  for (const key of ['name', 'scenario', 'template', 'label'])
    if (value[key] !== undefined && typeof value[key] !== 'string') throw bad(`has a ${key} that is no string`);
  for (const key of ['inputs', 'expect']) if (value[key] !== undefined && !isObject(value[key])) throw bad(`has ${key} that is no object`);
  return { name: `case ${number}`, ...value };
}

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
