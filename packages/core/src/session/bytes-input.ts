/** Bytes of a payload; a string stands for its UTF-8 bytes. */
export type BytesInput = Uint8Array | string;

const NONE = Buffer.alloc(0);

export function toBytes(value: BytesInput | undefined): Uint8Array {
  if (value === undefined) return NONE;
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
}
