/** Where a text stops being JSON. Line and column count from 1. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly expected: string;
}

/**
 * Finds the first fault of a text that JSON.parse refuses; undefined when there is none.
 * The messages of JSON.parse quote the text around the fault, which in a bootstrap file may be a token, and some of them
 * carry no position at all.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const scanner = new Scanner(text);
  const fault = scanner.scan();
  if (fault === undefined) return undefined;
  const before = text.slice(0, fault.at).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, expected: fault.expected };
}

interface Fault {
  readonly at: number;
  readonly expected: string;
}

const STRING = /"(?:[ -!#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\r\n]*/y;

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): Fault | undefined {
    const fault = this.#value();
    if (fault !== undefined) return fault;
    this.#skip();
    return this.#at < this.#text.length ? this.#fault('the end of the document') : undefined;
  }

  /** Containers still open are kept in a list, so that depth costs no stack. */
  #value(): Fault | undefined {
    const open: ('{' | '[')[] = [];
    for (;;) {
      this.#skip();
      const opener = this.#text[this.#at];
      if (opener === '{' || opener === '[') {
        this.#at += 1;
        this.#skip();
        const closer = opener === '{' ? '}' : ']';
        if (this.#text[this.#at] !== closer) {
          open.push(opener);
          if (opener === '{') {
            const fault = this.#key('a key in double quotes or }');
            if (fault !== undefined) return fault;
          }
          continue;
        }
        this.#at += 1;
      } else if (!this.#take(STRING) && !this.#take(NUMBER) && !this.#take(WORD)) {
        return this.#fault(opener === '"' ? 'a complete string' : 'a value');
      }
      const fault = this.#next(open);
      if (fault !== undefined) return fault;
      if (open.length === 0) return undefined;
    }
  }

  /** After a value: leaves the containers that end here and steps over one comma. */
  #next(open: ('{' | '[')[]): Fault | undefined {
    while (open.length > 0) {
      const inside = open.at(-1);
      const closer = inside === '{' ? '}' : ']';
      this.#skip();
      const mark = this.#text[this.#at];
      if (mark === ',') {
        this.#at += 1;
        return inside === '{' ? this.#key('a key in double quotes') : undefined;
      }
      if (mark !== closer) return this.#fault(`a comma or ${closer}`);
      this.#at += 1;
      open.pop();
    }
    return undefined;
  }

  #key(expected: string): Fault | undefined {
    this.#skip();
    if (!this.#take(STRING)) return this.#fault(expected);
    this.#skip();
    if (this.#text[this.#at] !== ':') return this.#fault('a colon');
    this.#at += 1;
    return undefined;
  }

  #skip(): void {
    this.#take(SPACE);
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return false;
    this.#at += match[0].length;
    return true;
  }

  #fault(expected: string): Fault {
    return { at: this.#at, expected: this.#at >= this.#text.length ? `${expected}, but the text ends` : expected };
  }
}
