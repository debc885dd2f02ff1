import type { RunEvent } from '@macp-agent/scenarios';
import { clean, fit, pad, type Output } from '../output.js';

const TYPE_WIDTH = 12;

/** Prints what happens in a run, one line each. */
export class Timeline {
  readonly #output: Output;
  readonly #verbose: boolean;
  #senderWidth = 6;

  constructor(output: Output, verbose: boolean) {
    this.#output = output;
    this.#verbose = verbose;
  }

  show(event: RunEvent): void {
    const { colors } = this.#output;
    switch (event.type) {
      case 'run':
        this.#senderWidth = Math.min(24, Math.max('session'.length, ...event.participants.map(({ participantId }) => clean(participantId).length)));
        this.#output.line(
          `${colors.bold(clean(event.title))}  ${colors.dim(`${event.scenarioRef}, template ${event.templateId}, policy ${event.policyVersion}`)}`,
        );
        this.#output.line(colors.dim(`run ${event.runId}  files ${event.folder}`));
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
        if (this.#verbose) this.#output.line(colors.dim(`            ${JSON.stringify(event.payload)}`));
        break;
      case 'refused':
        this.#row(event.atMs, event.participantId, 'refused', `${event.messageType} ${event.code}: ${event.message}${fixOwner(event.step)}`, colors.red);
        break;
      case 'note':
        this.#row(event.atMs, event.participantId, 'note', event.text, colors.dim);
        break;
      case 'session':
        this.#row(event.atMs, 'session', event.state === 'OPEN' ? 'RESUMED' : event.state, event.reason, colors.yellow);
        break;
      case 'fault':
        this.#row(event.atMs, event.participantId, 'fault', event.fault, colors.magenta);
        break;
      case 'outcome':
        break;
    }
  }

  #row(atMs: number | undefined, sender: string, type: string, text: string, color: ((text: string) => string) | undefined): void {
    const { colors, columns } = this.#output;
    const time = atMs === undefined ? ' '.repeat(9) : formatTime(atMs);
    const who = pad(fit(clean(sender), this.#senderWidth), this.#senderWidth);
    const what = pad(type, TYPE_WIDTH);
    // Without the last column, where some terminals already wrap.
    const said = fit(clean(text), columns - 1 - time.length - this.#senderWidth - Math.max(TYPE_WIDTH, type.length) - 3);
    this.#output.line(`${colors.dim(time)} ${who} ${(color ?? identity)(what)} ${said}`.trimEnd());
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

const identity = (text: string): string => text;

/** `+   1.25s`. */
export const formatTime = (ms: number): string => `+${(Math.max(0, ms) / 1000).toFixed(2).padStart(7)}s`;

export const describeExit = ({ code, signal }: { readonly code: number | undefined; readonly signal: string | undefined }): string =>
  signal === undefined ? `exit code ${code}` : `signal ${signal}`;
