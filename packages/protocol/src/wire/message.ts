import type { Reader, Writer } from 'protobufjs/minimal.js';
import { StrictReader } from './strict-reader.js';

/** What a field is, for encodings other than protobuf. */
export type FieldKind =
  | { readonly type: 'string' | 'bool' | 'double' | 'int64' | 'uint64' | 'uint32' | 'bytes' | 'strings' | 'stringMap' | 'bytesMap' }
  | { readonly type: 'enum'; readonly names: readonly string[] }
  | { readonly type: 'message' | 'messages'; readonly message: () => WireMessage<object> };

/** How one field travels: what stands in for its absence, and both directions of the conversion. */
export interface WireField<T> {
  readonly kind: FieldKind;
  fromWire(raw: never): T;
  toWire(value: T): unknown;
  /** Message-typed fields have presence on the wire, so their key may be missing. */
  readonly optional?: boolean;
}

type Fields = Record<string, WireField<unknown>>;
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K] extends { optional: true } ? K : never }[keyof F];
type ValueOf<F> = F extends WireField<infer T> ? T : never;

/** The plain object that a message table describes: numbers, strings, enum names, bytes; absent scalars are zero values. */
export type FieldsOf<F extends Fields> = { [K in Exclude<keyof F, OptionalKeys<F>>]: ValueOf<F[K]> } & {
  [K in OptionalKeys<F>]?: ValueOf<F[K]> | undefined;
};

/** The same object as a caller may write it: every field may be left out. */
export type PartialFields<T> = { [K in keyof T]?: T[K] | undefined };

/** A message of the contract: its bytes and its plain object. */
export interface WireMessage<T> {
  readonly typeName: string;
  readonly fields: readonly string[];
  /** What each field is, in the order of `fields`. */
  readonly kinds: readonly FieldKind[];
  /** Bytes of the message; fields left out take their zero value. */
  encode(value: PartialFields<T>): Buffer;
  /** Plain object of the bytes; throws an Error when they are not this message. */
  decode(bytes: Uint8Array): T;
  fromWire(raw: object): T;
  toWire(value: PartialFields<T>): object;
}

/** The plain object of a message. */
export type MessageOf<M> = M extends WireMessage<infer T> ? T : never;

interface GeneratedType {
  encode(message: never, writer?: Writer): Writer;
  decode(reader: Reader | Uint8Array, length?: number): object;
}

const EMPTY = Buffer.alloc(0);

const same = <T>(type: Exclude<FieldKind['type'], 'enum' | 'message' | 'messages'>): WireField<T> => ({
  kind: { type },
  fromWire: (raw) => raw,
  toWire: (value) => value,
});

/** Every 64-bit value of the contract fits 2^53, so it is a number. */
const wide = (type: 'int64' | 'uint64'): WireField<number> => ({
  kind: { type },
  fromWire: (raw: number | { toNumber(): number }) => (typeof raw === 'number' ? raw : raw.toNumber()),
  toWire: (value) => value,
});

export const string = same<string>('string');
export const bool = same<boolean>('bool');
export const double = same<number>('double');
export const uint32 = same<number>('uint32');
export const int64 = wide('int64');
export const uint64 = wide('uint64');
export const strings = same<string[]>('strings');
export const bytes: WireField<Uint8Array> = {
  kind: { type: 'bytes' },
  fromWire: (raw: Uint8Array) => (raw.length === 0 ? EMPTY : raw),
  toWire: (value) => value,
};
export const stringMap: WireField<Record<string, string>> = {
  kind: { type: 'stringMap' },
  fromWire: (raw: Record<string, string>) => ({ ...raw }),
  toWire: (value) => value,
};
export const bytesMap: WireField<Record<string, Uint8Array>> = {
  kind: { type: 'bytesMap' },
  // The generated code has a plain list for a value that is not there.
  fromWire: (raw: Record<string, Uint8Array>) => Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, value.length === 0 ? EMPTY : value])),
  toWire: (value) => value,
};

/** An open enum: numbers that this version does not know read as the name of zero (wire.md §0). */
export function enumeration<const N extends readonly string[]>(...names: N): WireField<N[number]> {
  const numbers = new Map<string, number>(names.map((name, index) => [name, index]));
  return {
    kind: { type: 'enum', names },
    fromWire: (raw: number) => names[raw] ?? (names[0] as N[number]),
    toWire: (value) => numbers.get(value) ?? 0,
  };
}

/** A message in a message; absent when unset. */
export function nested<T>(message: () => WireMessage<T>): WireField<T> & { optional: true } {
  return {
    kind: { type: 'message', message: message as unknown as () => WireMessage<object> },
    optional: true,
    fromWire: (raw: object) => message().fromWire(raw),
    toWire: (value) => message().toWire(value as PartialFields<T>),
  };
}

/** Repeated messages. */
export function list<T>(message: () => WireMessage<T>): WireField<T[]> {
  return {
    kind: { type: 'messages', message: message as unknown as () => WireMessage<object> },
    fromWire: (raw: object[]) => raw.map((item) => message().fromWire(item)),
    toWire: (value) => value.map((item) => message().toWire(item as PartialFields<T>)),
  };
}

/** Zero values are not written: the bytes of a message are the same whether its author named them or left them out. */
const isZero = (raw: unknown): boolean => raw === '' || raw === 0 || raw === false || (raw instanceof Uint8Array && raw.length === 0);

/** Binds a generated type to the table of its fields. The loops are plain because both are on the path of every message. */
export function message<const F extends Fields>(typeName: string, generated: GeneratedType, fields: F): WireMessage<FieldsOf<F>> {
  type T = FieldsOf<F>;
  const keys = Object.keys(fields);
  const table = Object.values(fields) as WireField<unknown>[];
  const fromWire = (raw: object): T => {
    const source = raw as Record<string, never>;
    const result: Record<string, unknown> = {};
    for (let index = 0; index < keys.length; index += 1) {
      const key = keys[index] as string;
      const field = table[index] as WireField<unknown>;
      const value = source[key];
      if (field.optional === true && (value === undefined || value === null)) continue;
      result[key] = field.fromWire(value as never);
    }
    return result as T;
  };
  const toWire = (value: PartialFields<T>): object => {
    const source = value as Record<string, unknown>;
    const result: Record<string, unknown> = {};
    for (let index = 0; index < keys.length; index += 1) {
      const key = keys[index] as string;
      const item = source[key];
      if (item === undefined || item === null) continue;
      const raw = (table[index] as WireField<unknown>).toWire(item);
      if (!isZero(raw)) result[key] = raw;
    }
    return result;
  };
  return {
    typeName,
    fields: keys,
    kinds: table.map((field) => field.kind),
    fromWire,
    toWire,
    encode: (value) => generated.encode(toWire(value) as never).finish() as Buffer,
    decode: (input) => fromWire(generated.decode(new StrictReader(input))),
  };
}
