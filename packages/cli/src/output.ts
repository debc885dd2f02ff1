import pc from 'picocolors';
import { fit, rowsOf, wrap } from './wrap.js';

/** A stream that text goes to. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

export interface OutputOptions {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Colors = ReturnType<typeof pc.createColors>;

/** Lines of a footer for the terminal as it is now; asked again when its size changes. */
export type FooterLines = () => readonly string[];

/** The only place that prints. Data on stdout, remarks and errors on stderr; colours, wrapping and redrawing on a terminal only. */
export class Output {
  readonly colors: Colors;
  readonly errorColors: Colors;
  readonly isTty: boolean;
  /** False where the terminal cannot show more than ASCII. */
  readonly unicode: boolean;
  readonly #stdout: TextStream;
  readonly #stderr: TextStream;
  readonly #dumb: boolean;
  /** As drawn last. */
  #footer: readonly string[] = [];
  #footerLines: FooterLines | undefined;
  readonly #onResize = (): void => this.#redraw();

  constructor({ stdout, stderr, env }: OutputOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#dumb = env['TERM'] === 'dumb';
    const plain = (env['NO_COLOR'] ?? '') !== '' || this.#dumb;
    this.isTty = stdout.isTTY === true && !this.#dumb;
    this.colors = pc.createColors(stdout.isTTY === true && !plain);
    this.errorColors = pc.createColors(stderr.isTTY === true && !plain);
    this.unicode = /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
  }

  /** Columns of the terminal; unlimited where there is none. Some terminals call themselves 0 wide. */
  get columns(): number {
    return this.isTty ? this.#stdout.columns || 80 : Number.POSITIVE_INFINITY;
  }

  get rows(): number {
    return this.#stdout.rows || 24;
  }

  /** One line of data, as it is. On a terminal the footer moves below it. */
  line(text = ''): void {
    this.#lines([text]);
  }

  /** One line of text; a terminal that is too narrow for it gets several, all but the first indented. No-break spaces are written as blanks. */
  text(text: string, indent = 0): void {
    this.#lines(wrap(text, { columns: this.columns - 1, indent }).map((line) => line.replaceAll('\u00a0', ' ')));
  }

  json(value: unknown): void {
    this.#stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** A remark beside the data. */
  note(text: string): void {
    const erase = this.#eraseFooter();
    if (erase !== '') this.#stdout.write(erase);
    this.#stderr.write(`${this.#wrapNote(text)}\n`);
    const draw = this.#drawFooter();
    if (draw !== '') this.#stdout.write(draw);
  }

  error(text: string): void {
    // Wrapped first: the mark that ends a colour belongs behind the last word.
    this.note(this.errorColors.red(this.#wrapNote(text)));
  }

  /** Lines that stay at the bottom of the terminal; none off-terminal. An empty list removes them. */
  footer(lines: readonly string[] | FooterLines): void {
    if (!this.isTty) return;
    const wanted = typeof lines === 'function' ? lines : () => lines;
    if (this.#footerLines === undefined) this.#stdout.on?.('resize', this.#onResize);
    this.#footerLines = wanted;
    this.#redraw();
    if (this.#footer.length > 0) return;
    this.#footerLines = undefined;
    this.#stdout.off?.('resize', this.#onResize);
  }

  #lines(lines: readonly string[]): void {
    this.#stdout.write(`${this.#eraseFooter()}${lines.map((line) => `${line}\n`).join('')}${this.#drawFooter()}`);
  }

  #redraw(): void {
    const erase = this.#eraseFooter();
    // A footer as high as the terminal could not be erased again.
    this.#footer = (this.#footerLines?.() ?? []).slice(0, Math.max(0, this.rows - 2)).map((line) => fit(line, this.columns - 1));
    const draw = this.#drawFooter();
    if (erase !== '' || draw !== '') this.#stdout.write(`${erase}${draw}`);
  }

  /** A terminal that became narrower has broken the lines of the footer into more rows. */
  #eraseFooter(): string {
    const rows = this.#footer.reduce((sum, line) => sum + rowsOf(line, this.columns), 0);
    return rows === 0 ? '' : `\u001b[${rows}A\u001b[0J`;
  }

  #drawFooter(): string {
    return this.#footer.map((line) => `${line}\n`).join('');
  }

  /** Lines of a list hang behind their mark. */
  #wrapNote(text: string): string {
    if (this.#stderr.isTTY !== true || this.#dumb) return text;
    const columns = (this.#stderr.columns || 80) - 1;
    return text
      .split('\n')
      .flatMap((line) => wrap(line, { columns, indent: (/^ */.exec(line)?.[0].length ?? 0) + 2 }))
      .join('\n');
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
