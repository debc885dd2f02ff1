import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ResultsFile } from './results-file.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'macp-results-'));
  path = join(folder, 'out.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(): { file: ResultsFile; lines: unknown[] } {
  const lines: unknown[] = [];
  return { file: new ResultsFile(path, (line) => lines.push(line)), lines };
}

describe('a results file', () => {
  it('keeps what was appended, and appends behind it when it is opened again', () => {
    using first = open().file;
    first.append({ case: 1 });
    const { file, lines } = open();
    file.append({ case: 2 });
    file[Symbol.dispose]();
    expect(lines).toEqual([{ case: 1 }]);
    expect(readFileSync(path, 'utf8')).toBe('{"case":1}\n{"case":2}\n');
  });

  it.skipIf(!existsSync('/dev/full'))('says that the disk is full, as a failure and not as a wrong option', () => {
    using full = new ResultsFile('/dev/full', () => undefined);
    expect(() => full.append({ case: 1 })).toThrow(
      expect.objectContaining({
        code: 'INTERNAL_ERROR',
        message: expect.stringMatching(/\/dev\/full cannot be written: no space left.*run the same command again/),
      }),
    );
  });

  it.each(['{"case":2,"na', '{"case":2}', '{"case":2,"name":"\u00fc'.slice(0, -1) + '\u00fc'])('cuts off a torn last line: %s', (torn) => {
    writeFileSync(path, '{"case":1}\n');
    appendFileSync(path, torn);
    const { file, lines } = open();
    file.append({ case: 2 });
    expect(lines).toEqual([{ case: 1 }]);
    expect(readFileSync(path, 'utf8')).toBe('{"case":1}\n{"case":2}\n');
  });

  it('reads lines that lie across the chunks it reads in', () => {
    const text = 'ü'.repeat(400_000);
    writeFileSync(path, [1, 2, 3, 4].map((number) => `${JSON.stringify({ case: number, text })}\n`).join(''));
    expect(open().lines).toEqual([1, 2, 3, 4].map((number) => ({ case: number, text })));
  });

  it('refuses a file that holds something else, and leaves it alone', () => {
    writeFileSync(path, 'dear diary\nmore\n');
    expect(() => open()).toThrow(/out\.jsonl:1 is no result of a batch/);
    expect(readFileSync(path, 'utf8')).toBe('dear diary\nmore\n');
  });
});
