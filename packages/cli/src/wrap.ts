import stringWidth from 'string-width';

export interface WrapOptions {
  /** Columns there are; infinite = one line. */
  readonly columns: number;
  /** Blanks before every line but the first. Default 0. */
  readonly indent?: number | undefined;
}

/** Scripts that are written without blanks: any word boundary of theirs will do. */
const WITHOUT_BLANKS = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;
const FAR_LEFT = 4;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/**
 * Breaks one line of text between words. Blanks inside a line stay as they are; text may have colours, which count as nothing.
 * A word that is too long for the indent stands further left and whole, so that a path can be copied; a path that is longer than
 * the terminal is broken after its slashes. A no-break space keeps its neighbours together.
 */
export function wrap(text: string, { columns, indent = 0 }: WrapOptions): string[] {
  if (stringWidth(text) <= columns) return [text];
  const lines: string[] = [];
  let line = '';
  let width = 0;
  for (const { gap, word } of pieces(text, columns)) {
    const size = stringWidth(word);
    if (width > 0 && width + gap.length + size > columns) {
      lines.push(line);
      const left = size <= columns - indent ? indent : Math.max(0, Math.min(indent, FAR_LEFT, columns - size));
      line = ' '.repeat(left) + word;
      width = left + size;
    } else {
      line += gap + word;
      width += gap.length + size;
    }
  }
  return [...lines, line];
}

interface Piece {
  readonly gap: string;
  readonly word: string;
}

function pieces(text: string, columns: number): Piece[] {
  return [...text.matchAll(/( *)([^ ]+)/g)].flatMap(([, gap = '', word = '']) => {
    if (!WITHOUT_BLANKS.test(word) && stringWidth(word) <= columns) return [{ gap, word }];
    const parts = WITHOUT_BLANKS.test(word) ? [...segmenter.segment(word)].map(({ segment }) => segment) : word.split(/(?<=\/)/);
    return parts.map((part, index) => ({ gap: index === 0 ? gap : '', word: part }));
  });
}

const ESCAPE = '\u001b';
const TOKEN = new RegExp(`${ESCAPE}\\[[0-9;]*m|.`, 'gsu');

/** Cut to a width, with a mark where something is missing. Text may have colours. */
export function fit(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let width = 0;
  let kept = '';
  let coloured = false;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith(ESCAPE)) {
      coloured = true;
      kept += token;
      continue;
    }
    const next = stringWidth(token);
    if (width + next > columns - 1) break;
    width += next;
    kept += token;
  }
  return `${kept}${coloured ? `${ESCAPE}[0m` : ''}${columns > 0 ? '…' : ''}`;
}

/** Columns that a text takes; colours take none. */
export const widthOf = (text: string): number => stringWidth(text);

/** Filled up with blanks to a width, as shown. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)));
}

/** Rows that a line takes in a terminal of this width. */
export function rowsOf(line: string, columns: number): number {
  return Number.isFinite(columns) ? Math.max(1, Math.ceil(stringWidth(line) / Math.max(1, columns))) : 1;
}
