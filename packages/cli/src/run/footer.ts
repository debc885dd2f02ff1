import type { RunEvent } from '@macp-agent/scenarios';
import { clean, type Output } from '../output.js';
import { fit, pad } from '../wrap.js';

interface Lane {
  mark: 'idle' | 'busy' | 'done' | 'gone';
  text: string;
}

const MARKS = { unicode: { idle: '○', busy: '◐', done: '●', gone: '✗' }, ascii: { idle: '.', busy: 'o', done: '*', gone: 'x' } };

/** Short, so that a terminal that becomes narrower seldom has to break it. */
const RULE_WIDTH = 32;

/** What stays at the bottom of the terminal during a run: one lane per participant and the votes so far. */
export class Footer {
  readonly #output: Output;
  readonly #signal: AbortSignal | undefined;
  readonly #lanes = new Map<string, Lane>();
  #approve = 0;
  #reject = 0;
  #abstain = 0;

  /** `signal`: aborted when the run is being cancelled. */
  constructor(output: Output, signal?: AbortSignal) {
    this.#output = output;
    this.#signal = signal;
  }

  show(event: RunEvent): void {
    if (event.type === 'run') for (const { participantId } of event.participants) this.#lanes.set(participantId, { mark: 'idle', text: 'starting' });
    else if (event.type === 'agent' && event.status === 'ready') this.#set(event.participantId, 'idle', 'ready');
    else if (event.type === 'agent-exit') this.#left(event.participantId, event.unexpected);
    else if (event.type === 'envelope') this.#said(event);
    else if (event.type === 'outcome') {
      this.#output.footer([]);
      return;
    }
    this.#output.footer(() => this.#lines());
  }

  #said({ messageType, sender, payload }: Extract<RunEvent, { type: 'envelope' }>): void {
    const says = payload as Readonly<Record<string, unknown>> | null;
    if (messageType === 'Proposal') for (const [id, lane] of this.#lanes) if (id !== sender && lane.mark === 'idle') this.#set(id, 'busy', 'evaluating');
    if (messageType === 'Vote') {
      const vote = String(says?.['vote']);
      if (vote === 'APPROVE') this.#approve += 1;
      else if (vote === 'REJECT') this.#reject += 1;
      else this.#abstain += 1;
      this.#set(sender, 'done', vote);
    } else if (messageType === 'Evaluation') this.#set(sender, 'busy', `${String(says?.['recommendation'])}, no vote yet`);
    else if (messageType === 'Commitment') this.#set(sender, 'done', `committed ${String(says?.['action'])}`);
  }

  #left(participantId: string, unexpected: boolean): void {
    if (unexpected) this.#set(participantId, 'gone', 'ended too early');
  }

  #set(participantId: string, mark: Lane['mark'], text: string): void {
    if (this.#lanes.has(participantId)) this.#lanes.set(participantId, { mark, text });
  }

  #lines(): string[] {
    const { colors, columns, rows, unicode } = this.#output;
    const marks = unicode ? MARKS.unicode : MARKS.ascii;
    const width = Math.min(24, Math.max(0, ...[...this.#lanes.keys()].map((id) => clean(id).length)));
    const room = Math.max(1, rows - 6);
    const active = [...this.#lanes].toSorted(([, a], [, b]) => Number(a.mark === 'idle') - Number(b.mark === 'idle'));
    const shown = active.length <= room ? [...this.#lanes] : active.slice(0, room - 1);
    const lines = shown.map(([id, { mark, text }]) => ` ${marks[mark]} ${pad(fit(clean(id), width), width)} ${clean(text)}`);
    if (shown.length < this.#lanes.size) lines.push(` ${marks.idle} and ${this.#lanes.size - shown.length} more`);
    const tally = ` votes  ${this.#approve} approve, ${this.#reject} reject${this.#abstain === 0 ? '' : `, ${this.#abstain} abstain`}`;
    const hint = this.#signal?.aborted === true ? 'cancelling; ctrl-c ends at once' : 'ctrl-c cancels';
    const one = `${tally}   ${hint}`.length < columns;
    return [colors.dim((unicode ? '─' : '-').repeat(RULE_WIDTH)), ...lines, ...(one ? [`${tally}   ${colors.dim(hint)}`] : [tally, ` ${colors.dim(hint)}`])];
  }
}
