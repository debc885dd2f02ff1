import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { MacpError } from '@macp-agent/protocol';
import { isJsonObject, type JsonObject } from '../json-value.js';
import { systemReason } from '../system-reason.js';

const CHUNK_BYTES = 1_048_576;

/**
 * Results as JSON Lines, one per case, appended as they come. Opened again it knows what is done: whole lines stay, a torn last
 * line (the process was killed while it wrote) is cut off, so that its case is done again. A killed process loses nothing that
 * `append` has returned for.
 */
export class ResultsFile implements Disposable {
  readonly #fd: number;
  readonly #path: string;
  #open = true;

  /** Calls back for each line that is there. Throws INVALID_OPTIONS for a file that cannot be written or holds something else. */
  constructor(path: string, onLine: (line: JsonObject, number: number) => void) {
    this.#path = path;
    try {
      this.#fd = openSync(path, 'a+', 0o644);
    } catch (error) {
      throw new MacpError('INVALID_OPTIONS', `the results file ${path} cannot be opened: ${systemReason(error)}`, { cause: error, context: { path } });
    }
    try {
      this.#read(onLine);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Writes one result; it is in the hands of the system when this returns. Throws INTERNAL_ERROR when that fails. */
  append(line: object): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(this.#fd, bytes, written);
    } catch (error) {
      throw new MacpError('INTERNAL_ERROR', `the results file ${this.#path} cannot be written: ${systemReason(error)}; run the same command again to go on`, {
        cause: error,
        context: { path: this.#path },
      });
    }
  }

  /** Idempotent. */
  [Symbol.dispose](): void {
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }

  #read(onLine: (line: JsonObject, number: number) => void): void {
    const { size } = fstatSync(this.#fd);
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size));
    const decoder = new StringDecoder('utf8');
    let rest = '';
    let number = 0;
    let whole = 0;
    for (let position = 0; position < size;) {
      const bytes = readSync(this.#fd, chunk, 0, chunk.length, position);
      if (bytes === 0) break;
      position += bytes;
      const parts = (rest + decoder.write(chunk.subarray(0, bytes))).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        number += 1;
        onLine(this.#parse(part, number), number);
        whole += Buffer.byteLength(part) + 1;
      }
    }
    if (whole < size) ftruncateSync(this.#fd, whole);
  }

  #parse(text: string, number: number): JsonObject {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      value = undefined;
    }
    if (isJsonObject(value)) return value;
    throw new MacpError('INVALID_OPTIONS', `${this.#path}:${number} is no result of a batch; give another file with --output, or remove this one`, {
      context: { path: this.#path },
    });
  }
}
