import type { Reader, Writer } from 'protobufjs/minimal.js';

/** How one field travels: what stands in for its absence, and both directions of the conversion. */
export interface WireField<T> {
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
  /** Bytes of the message; fields left out take their zero value. */
  encode(value: PartialFields<T>): Buffer;
  /** Plain object of the bytes; throws an Error when they are not this message. */
  decode(bytes: Uint8Array): T;
  fromWire(raw: object): T;
  toWire(value: PartialFields<T>): object;
}

export type MessageOf<M> = M extends WireMessage<infer T> ? T : never;

interface GeneratedType {
  encode(message: never, writer?: Writer): Writer;
  decode(reader: Reader | Uint8Array, length?: number): object;
}

const EMPTY = Buffer.alloc(0);

const same = <T>(): WireField<T> => ({ fromWire: (raw) => raw, toWire: (value) => value });

export const string = same<string>();
export const bool = same<boolean>();
/** double, int32 and uint32. */
export const number = same<number>();
/** int64 and uint64 as numbers: every value of the contract fits 2^53. */
export const int64: WireField<number> = {
  fromWire: (raw: number | { toNumber(): number }) => (typeof raw === 'number' ? raw : raw.toNumber()),
  toWire: (value) => value,
};
export const bytes: WireField<Uint8Array> = {
  fromWire: (raw: Uint8Array) => (raw.length === 0 ? EMPTY : raw),
  toWire: (value) => value,
};
export const strings = same<string[]>();
export const stringMap: WireField<Record<string, string>> = {
  fromWire: (raw: Record<string, string>) => ({ ...raw }),
  toWire: (value) => value,
};
export const bytesMap: WireField<Record<string, Uint8Array>> = {
  fromWire: (raw: Record<string, Uint8Array>) => ({ ...raw }),
  toWire: (value) => value,
};

/** An open enum: numbers that this version does not know read as the name of zero (wire.md §0). */
export function enumeration<const N extends readonly string[]>(...names: N): WireField<N[number]> {
  const numbers = new Map<string, number>(names.map((name, index) => [name, index]));
  return {
    fromWire: (raw: number) => names[raw] ?? (names[0] as N[number]),
    toWire: (value) => numbers.get(value) ?? 0,
  };
}

export function nested<T>(message: () => WireMessage<T>): WireField<T> & { optional: true } {
  return {
    optional: true,
    fromWire: (raw: object) => message().fromWire(raw),
    toWire: (value) => message().toWire(value as PartialFields<T>),
  };
}

export function list<T>(message: () => WireMessage<T>): WireField<T[]> {
  return {
    fromWire: (raw: object[]) => raw.map((item) => message().fromWire(item)),
    toWire: (value) => value.map((item) => message().toWire(item as PartialFields<T>)),
  };
}

/** Binds a generated type to the table of its fields. */
export function message<const F extends Fields>(typeName: string, generated: GeneratedType, fields: F): WireMessage<FieldsOf<F>> {
  type T = FieldsOf<F>;
  const entries = Object.entries(fields) as [string, WireField<unknown>][];
  const fromWire = (raw: object): T => {
    const source = raw as Record<string, never>;
    const result: Record<string, unknown> = {};
    for (const [key, field] of entries) {
      const value = source[key];
      if (field.optional === true) {
        if (value !== undefined && value !== null) result[key] = field.fromWire(value);
      } else result[key] = field.fromWire(value as never);
    }
    return result as T;
  };
  const toWire = (value: PartialFields<T>): object => {
    const source = value as Record<string, unknown>;
    const result: Record<string, unknown> = {};
    for (const [key, field] of entries) {
      const item = source[key];
      if (item !== undefined && item !== null) result[key] = field.toWire(item);
    }
    return result;
  };
  return {
    typeName,
    fields: entries.map(([key]) => key),
    fromWire,
    toWire,
    encode: (value) => generated.encode(toWire(value) as never).finish() as Buffer,
    decode: (input) => fromWire(generated.decode(input)),
  };
}
