import type { RunEvent } from '@macp-agent/scenarios';
import { clean, type Output } from '../output.js';
import { pad, widthOf } from '../wrap.js';
import { shownPath } from './shown-path.js';

const TIME_WIDTH = 10;
const TYPE_WIDTH = 12;
/** Where less than this is left beside sender and type, what is said stands below them. */
const MIN_TEXT_WIDTH = 28;

export interface TimelineOptions {
  /** Payloads too. */
  readonly verbose: boolean;
  /** Folder that paths are shown from. */
  readonly cwd: string;
  /** Aborted when the run is being cancelled. */
  readonly signal?: AbortSignal | undefined;
}

/** Prints what happens in a run, one line each. */
export class Timeline {
  readonly #output: Output;
  readonly #options: TimelineOptions;
  #senderWidth = 6;
  #ended = false;

  constructor(output: Output, options: TimelineOptions) {
    this.#output = output;
    this.#options = options;
  }

  show(event: RunEvent): void {
    const { colors } = this.#output;
    switch (event.type) {
      case 'run':
        this.#senderWidth = Math.min(24, Math.max('session'.length, ...event.participants.map(({ participantId }) => clean(participantId).length)));
        this.#output.text(
          `${colors.bold(clean(event.title))}  ${colors.dim(`${clean(event.scenarioRef)}, template ${clean(event.templateId)}, policy ${clean(event.policyVersion)}`)}`,
          2,
        );
        this.#identify(`run ${event.runId}`, `files ${clean(shownPath(event.folder, this.#options.cwd))}`);
        break;
      case 'agent':
        if (event.status === 'waiting')
          this.#row(undefined, event.participantId, 'waiting', `start it with MACP_BOOTSTRAP_FILE=${event.bootstrapFile ?? ''}`, colors.yellow);
        break;
      case 'agent-exit':
        if (event.unexpected) this.#row(undefined, event.participantId, 'ended', `${describeExit(event.exit)}${lastLine(event.logTail)}`, colors.red);
        break;
      case 'envelope':
        this.#row(
          event.atMs,
          event.sender,
          event.messageType,
          event.text,
          COLOR[event.messageType] === undefined ? undefined : colors[COLOR[event.messageType] ?? 'white'],
        );
        if (this.#options.verbose) this.#output.text(colors.dim(`${' '.repeat(12)}${spacedJson(event.payload)}`), 12);
        if (event.messageType === 'Commitment') this.#ended = true;
        break;
      case 'refused':
        // What was on its way when the session ended says nothing about the agent.
        if (event.code === 'SESSION_NOT_OPEN' && this.#isEnding && !this.#options.verbose) break;
        this.#row(event.atMs, event.participantId, 'refused', `${event.messageType} ${event.code}: ${event.message}${fixOwner(event.step)}`, colors.red);
        break;
      case 'note':
        this.#row(event.atMs, event.participantId, 'note', event.text, colors.dim);
        break;
      case 'session':
        this.#ended = event.state !== 'OPEN' && event.state !== 'SUSPENDED';
        this.#row(event.atMs, 'session', event.state === 'OPEN' ? 'RESUMED' : event.state, event.reason, colors.yellow);
        break;
      case 'fault':
        this.#row(event.atMs, event.participantId, 'fault', event.fault, colors.magenta);
        break;
      case 'outcome':
        break;
    }
  }

  /** On one line where there is room for it. */
  #identify(run: string, files: string): void {
    const { colors, columns } = this.#output;
    const both = `${run}  ${files}`;
    for (const line of both.length < columns ? [both] : [run, files]) this.#output.text(colors.dim(line), 2);
  }

  get #isEnding(): boolean {
    return this.#ended || this.#options.signal?.aborted === true;
  }

  #row(atMs: number | undefined, sender: string, type: string, text: string, color: ((text: string) => string) | undefined): void {
    const { colors, columns } = this.#output;
    const time = atMs === undefined ? ' '.repeat(TIME_WIDTH) : pad(`${formatTime(atMs)} `, TIME_WIDTH);
    const head = `${colors.dim(time)}${pad(clean(sender), this.#senderWidth)} ${(color ?? identity)(pad(clean(type), TYPE_WIDTH))}`;
    const said = keepUnits(clean(text));
    const left = widthOf(head) + 1;
    if (columns - left > MIN_TEXT_WIDTH) {
      this.#output.text(`${head} ${said}`.trimEnd(), left);
      return;
    }
    const indent = Math.max(2, Math.min(TIME_WIDTH, columns - 46));
    this.#output.text(head.trimEnd(), indent);
    if (said !== '') this.#output.text(`${' '.repeat(indent)}${said}`, indent);
  }
}

const COLOR: Readonly<Record<string, 'cyan' | 'green' | 'yellow' | 'blue' | 'white'>> = {
  SessionStart: 'cyan',
  Proposal: 'cyan',
  Evaluation: 'blue',
  Objection: 'yellow',
  Vote: 'green',
  Commitment: 'green',
};

const fixOwner = (step: string | undefined): string => (step === undefined ? '' : ` (${step.startsWith('step') ? `onboarding ${step}` : step})`);

/** What an agent wrote last; the end of a stack trace says nothing. */
function lastLine(logTail: readonly string[]): string {
  const line = logTail.findLast((text) => /^\S/.test(text) && !/^(?:[{}]|Node\.js v[\d.]+)$/.test(text));
  return line === undefined ? '' : `; last line: ${line}`;
}

/** A number and its unit stay on one line. */
const keepUnits = (text: string): string => text.replaceAll(/(\d) (s|ms|min)\b/g, '$1\u00a0$2');

/** JSON in one line, with blanks to break it at. */
const spacedJson = (value: unknown): string => JSON.stringify(value, undefined, 1).replaceAll(/\n */g, ' ');

const identity = (text: string): string => text;

/** `+   1.25s`. */
export const formatTime = (ms: number): string => `+${(Math.max(0, ms) / 1000).toFixed(2).padStart(7)}s`;

export const describeExit = ({ code, signal }: { readonly code: number | undefined; readonly signal: string | undefined }): string =>
  signal === undefined ? `exit code ${code}` : `signal ${signal}`;
