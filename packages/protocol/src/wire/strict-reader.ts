import protobuf from 'protobufjs/minimal.js';

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const GROUP = 3;
const END_OF_GROUP = 4;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const inNode = typeof Buffer === 'function' && 'utf8Slice' in Buffer.prototype;

/** What toString comes down to, without its checks. */
type NodeBuffer = Uint8Array & { utf8Slice(from: number, to: number): string };

/**
 * Reads as other protobuf implementations do where protobufjs is lenient: a text that is longer than its message is cut off, not read to
 * the end; bytes that are no UTF-8 are no text; and a field of another wire type than its own is an error, not what its bytes
 * happen to mean. Nobody can then smuggle in a message that one runtime reads and another refuses.
 */
export class StrictReader extends protobuf.Reader {
  /** What was read right before a value: its tag. */
  #tag = 0;

  constructor(bytes: Uint8Array) {
    super(inNode && !Buffer.isBuffer(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes);
  }

  override uint32(): number {
    return (this.#tag = super.uint32());
  }

  override bool(): boolean {
    this.#expect(VARINT);
    return super.bool();
  }

  override int32(): number {
    this.#expect(VARINT);
    return super.int32();
  }

  override int64(): protobuf.Long {
    this.#expect(VARINT);
    return (this.#small() ?? Number(BigInt.asIntN(64, this.#large()))) as unknown as protobuf.Long;
  }

  override uint64(): protobuf.Long {
    this.#expect(VARINT);
    return (this.#small() ?? Number(BigInt.asUintN(64, this.#large()))) as unknown as protobuf.Long;
  }

  override double(): number {
    this.#expect(FIXED64);
    return super.double();
  }

  override bytes(): Uint8Array {
    this.#expect(LENGTH_DELIMITED);
    const from = this.#take();
    return this.buf.subarray(from, this.pos);
  }

  override string(): string {
    this.#expect(LENGTH_DELIMITED);
    const from = this.#take();
    if (!inNode) return strict.decode(this.buf.subarray(from, this.pos));
    const text = (this.buf as NodeBuffer).utf8Slice(from, this.pos);
    // Decoding never fails but leaves this mark; whether somebody wrote it is for the slower decoder to say.
    return text.includes('\uFFFD') ? strict.decode(this.buf.subarray(from, this.pos)) : text;
  }

  override skipType(wireType: number, depth = 0): this {
    const field = this.#tag >>> 3;
    if (field === 0) throw new RangeError(`there is no field 0, at offset ${this.pos}`);
    if (wireType !== GROUP) return super.skipType(wireType, depth) as this;
    if (depth > protobuf.Reader.recursionLimit) throw new RangeError(`groups nested deeper than ${protobuf.Reader.recursionLimit}, at offset ${this.pos}`);
    for (;;) {
      const tag = this.uint32();
      if (tag === field * 8 + END_OF_GROUP) return this;
      if ((tag & 7) === END_OF_GROUP) throw new RangeError(`the end of another group, at offset ${this.pos}`);
      this.skipType(tag & 7, depth + 1);
    }
  }

  #expect(wireType: number): void {
    if ((this.#tag & 7) !== wireType) throw new RangeError(`a field of another wire type than its own, at offset ${this.pos}`);
  }

  /** Goes past a length and as many bytes; answers where they begin. */
  #take(): number {
    const length = super.uint32();
    const from = this.pos;
    if (from + length > this.len) throw new RangeError(`${length} bytes announced at offset ${from}, ${this.len - from} are there`);
    this.pos = from + length;
    return from;
  }

  /** A varint of up to seven bytes, which most are, without a 64-bit object; undefined for longer ones. */
  #small(): number | undefined {
    const end = Math.min(this.pos + 7, this.len);
    let value = 0;
    let factor = 1;
    for (let at = this.pos; at < end; at += 1) {
      const byte = this.buf[at] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        this.pos = at + 1;
        return value;
      }
      factor *= 0x80;
    }
    return undefined;
  }
  #large(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.pos >= this.len) throw new RangeError(`a number is cut off at offset ${this.pos}`);
      const byte = this.buf[this.pos] as number;
      this.pos += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError(`a number of more than ten bytes, at offset ${this.pos}`);
  }
}
