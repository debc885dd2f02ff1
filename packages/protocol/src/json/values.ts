import type { FieldKind } from '../wire/message.js';

/** What JSON.parse gives. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
/** A JSON object. */
export interface JsonObject {
  readonly [member: string]: JsonValue;
}

/** A JSON value that does not fit its field. */
export class JsonValueError extends Error {
  readonly rule: string;
  readonly path: string;

  constructor(rule: string, path = '', cause?: unknown) {
    super(path === '' ? rule : `${path} ${rule}`, cause === undefined ? {} : { cause });
    this.rule = rule;
    this.path = path;
  }
}

/** Reads a member; its name goes in front of the path of what does not fit. */
export function readAt<T>(member: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof JsonValueError)) throw error;
    throw new JsonValueError(error.rule, error.path === '' ? member : `${member}.${error.path}`, error);
  }
}

/** A member of its own; missing ones read as null. */
export function memberOf(members: JsonObject, name: string): JsonValue {
  return Object.hasOwn(members, name) ? (members[name] as JsonValue) : null;
}

export type ScalarKind = Exclude<FieldKind, { readonly type: 'enum' | 'message' | 'messages' }>['type'];

const RANGES = {
  uint32: [0, 0xffff_ffff],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
} as const;
/** As proto3 JSON writes the doubles that JSON has no number for. */
const NON_FINITE: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** The JSON of a scalar; a missing one is written as its zero value (json.md §1). */
export function scalarToJson(kind: ScalarKind, value: unknown): JsonValue {
  switch (kind) {
    case 'string':
      return (value as string | undefined) ?? '';
    case 'bool':
      return (value as boolean | undefined) ?? false;
    case 'double': {
      const number = (value as number | undefined) ?? 0;
      return Number.isFinite(number) ? number : String(number);
    }
    case 'int64':
    case 'uint64':
    case 'uint32':
      return (value as number | undefined) ?? 0;
    case 'bytes':
      return toBase64((value as Uint8Array | undefined) ?? new Uint8Array());
    case 'strings':
      return [...((value as string[] | undefined) ?? [])];
    case 'stringMap':
      return mapObject((value as Record<string, string> | undefined) ?? {}, (text) => text);
    case 'bytesMap':
      return mapObject((value as Record<string, Uint8Array> | undefined) ?? {}, toBase64);
  }
}

/** The scalar of a JSON value. Throws JsonValueError. */
export function scalarFromJson(kind: ScalarKind, json: JsonValue): unknown {
  switch (kind) {
    case 'string':
      return readString(json);
    case 'bool':
      if (typeof json !== 'boolean') throw new JsonValueError('must be true or false');
      return json;
    case 'double':
      return readDouble(json);
    case 'int64':
    case 'uint64':
    case 'uint32':
      return readInteger(kind, json);
    case 'bytes':
      return fromBase64(json);
    case 'strings':
      if (!Array.isArray(json)) throw new JsonValueError('must be an array of strings');
      return json.map(readString);
    case 'stringMap':
      return mapObject(readObject(json), readString);
    case 'bytesMap':
      return mapObject(readObject(json), fromBase64);
  }
}

export function readObject(json: JsonValue): JsonObject {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new JsonValueError('must be an object');
  return json as JsonObject;
}

export function readString(json: JsonValue): string {
  if (typeof json !== 'string') throw new JsonValueError('must be a string');
  return json;
}

/** Standard alphabet with padding. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Both alphabets, padding or none. Throws JsonValueError. */
export function fromBase64(json: JsonValue): Buffer {
  const text = readString(json);
  if (!BASE64.test(text) || text.replace(/=+$/, '').length % 4 === 1) throw new JsonValueError('must be base64');
  return Buffer.from(text, 'base64');
}

function readDouble(json: JsonValue): number {
  const number = typeof json === 'string' ? NON_FINITE.get(json) : json;
  if (typeof number !== 'number') throw new JsonValueError('must be a number');
  return number;
}

/** Integers, and the decimal strings of stock proto3 JSON (J-1). */
function readInteger(kind: keyof typeof RANGES, json: JsonValue): number {
  const number = typeof json === 'string' && /^-?\d{1,16}$/.test(json) ? Number(json) : json;
  const [min, max] = RANGES[kind];
  if (typeof number !== 'number' || !Number.isInteger(number) || number < min || number > max)
    throw new JsonValueError(`must be an integer between ${min} and ${max}`);
  return number;
}

function mapObject<From, To>(members: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  // fromEntries defines members, so that a key such as __proto__ is only a key.
  return Object.fromEntries(Object.entries(members).map(([key, value]) => [key, map(value)]));
}
