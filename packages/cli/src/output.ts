import pc from 'picocolors';
import stringWidth from 'string-width';

/** A stream that text goes to. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface OutputOptions {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Colors = ReturnType<typeof pc.createColors>;

/** The only place that prints. Data on stdout, remarks and errors on stderr; colours and redrawing on a terminal only. */
export class Output {
  readonly colors: Colors;
  readonly errorColors: Colors;
  readonly isTty: boolean;
  /** False where the terminal cannot show more than ASCII. */
  readonly unicode: boolean;
  readonly #stdout: TextStream;
  readonly #stderr: TextStream;
  #footer: readonly string[] = [];

  constructor({ stdout, stderr, env }: OutputOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    const plain = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
    this.isTty = stdout.isTTY === true && env['TERM'] !== 'dumb';
    this.colors = pc.createColors(stdout.isTTY === true && !plain);
    this.errorColors = pc.createColors(stderr.isTTY === true && !plain);
    this.unicode = /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
  }

  /** Columns of the terminal; unlimited where there is none. */
  get columns(): number {
    return this.isTty ? (this.#stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
  }

  get rows(): number {
    return this.#stdout.rows ?? 24;
  }

  /** One line of data. On a terminal the footer moves below it. */
  line(text = ''): void {
    this.#stdout.write(`${this.#eraseFooter()}${text}\n${this.#drawFooter()}`);
  }

  json(value: unknown): void {
    this.#stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** A remark beside the data. */
  note(text: string): void {
    if (this.#footer.length === 0) {
      this.#stderr.write(`${text}\n`);
      return;
    }
    this.#stdout.write(this.#eraseFooter());
    this.#stderr.write(`${text}\n`);
    this.#stdout.write(this.#drawFooter());
  }

  error(text: string): void {
    this.note(this.errorColors.red(text));
  }

  /** Lines that stay at the bottom of the terminal; none off-terminal. An empty list removes them. */
  footer(lines: readonly string[]): void {
    if (!this.isTty) return;
    const erase = this.#eraseFooter();
    // A footer as high as the terminal could not be erased again.
    this.#footer = lines.slice(0, Math.max(0, this.rows - 2)).map((line) => fit(line, this.columns - 1));
    const draw = this.#drawFooter();
    if (erase !== '' || draw !== '') this.#stdout.write(`${erase}${draw}`);
  }

  #eraseFooter(): string {
    return this.#footer.length === 0 ? '' : `\u001b[${this.#footer.length}A\u001b[0J`;
  }

  #drawFooter(): string {
    return this.#footer.map((line) => `${line}\n`).join('');
  }
}

/** Control characters, and those that turn the direction of text. */
const CONTROL = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Text of agents and files made safe for a terminal: no control characters, one line. */
export function clean(text: string): string {
  return text
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll('\t', ' ')
    .replaceAll(CONTROL, '');
}

/** Cut to a width, with a mark where something is missing. Text with colours must fit already or is cut by plain characters. */
export function fit(text: string, columns: number): string {
  if (!Number.isFinite(columns) || stringWidth(text) <= columns) return text;
  let width = 0;
  let kept = '';
  for (const character of text) {
    const next = stringWidth(character);
    if (width + next > columns - 1) break;
    width += next;
    kept += character;
  }
  return `${kept}…`;
}

/** Filled up with blanks to a width, as shown. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)));
}
