import type { OutcomeEvent } from '@macp-agent/scenarios';
import { clean, type Output } from '../output.js';
import { pad } from '../wrap.js';
import { shownPath } from './shown-path.js';

export interface OutcomeTextOptions {
  /** Folder that paths are shown from. */
  readonly cwd: string;
  /** What becomes of a session that the run could not bring to an end; undefined where it only stands still, in a replay. */
  readonly leftOpen?: string | undefined;
}

const LABEL_WIDTH = 10;
const KIND_WIDTH = 10;
const WHAT_WIDTH = 12;
/** Where less than this is left for reasons, they stand below what they are reasons for. */
const MIN_REASON_WIDTH = 28;

/** Prints how a run ended; the last line says it all. */
export function printOutcome(output: Output, event: OutcomeEvent, { cwd, leftOpen }: OutcomeTextOptions): void {
  const { colors } = output;
  const senders = [...new Set([...event.evaluations, ...event.objections, ...event.votes].map(({ sender }) => sender))];
  const names = Math.max(LABEL_WIDTH, ...senders.map((sender) => clean(sender).length));
  const width = output.columns > names + 4 + MIN_REASON_WIDTH ? names : LABEL_WIDTH;
  const row = (name: string, text: string): void => output.text(`  ${pad(name, width)}  ${text}`.trimEnd(), width === names ? width + 4 : 4);

  output.line();
  output.line(colors.bold('Outcome'));
  for (const sender of senders) {
    const said = [
      ...event.evaluations
        .filter((one) => one.sender === sender)
        .map((one) => ['evaluation', `${one.recommendation} ${round(one.confidence)}`, one.reason] as const),
      ...event.objections.filter((one) => one.sender === sender).map((one) => ['objection', one.severity, one.reason] as const),
      ...event.votes.filter((one) => one.sender === sender).map((one) => ['vote', one.vote, one.reason] as const),
    ];
    printStatements(output, clean(sender), names, said);
  }
  const { commitment } = event;
  if (commitment !== undefined) {
    row(
      'commitment',
      `${clean(commitment.action)}, ${commitment.outcomePositive ? 'positive' : 'negative'}, under ${clean(commitment.policyVersion)}, by ${clean(commitment.sender)}`,
    );
    row('reason', clean(commitment.reason));
  }
  for (const refused of event.refused) {
    // What was on its way when the session ended says nothing about the agent.
    if (refused.code === 'SESSION_NOT_OPEN' && isEnded(event)) continue;
    row('refused', colors.red(`${clean(refused.participantId)} ${clean(refused.messageType)} ${clean(refused.code)}: ${clean(refused.message)}`));
  }
  if (event.suspensions > 0) row('suspended', `${event.suspensions} time${event.suspensions === 1 ? '' : 's'}`);
  const silent = event.missing.filter((id) => id !== event.lost);
  const lost = event.lost === undefined || !event.missing.includes(event.lost) ? [] : [`${clean(event.lost)}, whose process ended`];
  if (event.missing.length > 0) row('missing', [...(silent.length > 0 ? [`no vote of ${silent.map(clean).join(', ')}`] : []), ...lost].join('; '));
  const [why = '', ...details] = event.reason.split('\n');
  if (details.length > 0) row('why', clean(why));
  // Log lines of an agent that failed keep their lines.
  for (const line of details) output.text(`  ${/^ */.exec(line)?.[0] ?? ''}${clean(line).trimStart()}`, 6);
  row('time', seconds(event.durationMs));
  row('transcript', `${clean(shownPath(event.transcript, cwd))}${event.transcriptComplete ? '' : ' (incomplete)'}`);
  if (leftOpen !== undefined && (event.state === 'OPEN' || event.state === 'SUSPENDED')) row('session', `left ${event.state}: ${leftOpen}`);
  output.text(headline(output, event, leftOpen !== undefined), 2);
}

function printStatements(output: Output, sender: string, width: number, said: readonly (readonly [kind: string, what: string, reason: string])[]): void {
  const left = 2 + width + 2 + KIND_WIDTH + 1 + WHAT_WIDTH + 1;
  const wide = output.columns - left > MIN_REASON_WIDTH;
  if (!wide) output.text(`  ${sender}`, 4);
  said.forEach(([kind, what, reason], index) => {
    if (wide)
      output.text(`  ${pad(index === 0 ? sender : '', width)}  ${pad(kind, KIND_WIDTH)} ${pad(clean(what), WHAT_WIDTH)} ${clean(reason)}`.trimEnd(), left);
    else output.text(`    ${kind} ${clean(what)}${reason === '' ? '' : ` — ${clean(reason)}`}`, 6);
  });
}

function headline({ colors }: Output, event: OutcomeEvent, failed: boolean): string {
  const { commitment, state } = event;
  const after = `after ${seconds(event.durationMs)}`;
  if (commitment !== undefined) {
    const verdict = `${clean(commitment.action)} (${commitment.outcomePositive ? 'positive' : 'negative'})`;
    return `${state} ${(commitment.outcomePositive ? colors.green : colors.yellow)(verdict)} ${after}`;
  }
  // The first line leads in to those that stand above.
  const [first = '', ...more] = event.reason.split('\n');
  const why = clean(more.length > 0 ? first.replace(/(?:; [^;]*)?:$/, '') : first);
  const because = why === '' ? '' : `: ${why}`;
  if (state === 'NONE') return `${colors.red('NO SESSION')} was started within ${seconds(event.durationMs)}${because}`;
  if (isEnded(event)) return `${colors.red(state)} without a commitment ${after}${because}`;
  if (!failed) return `${colors.yellow(state)}, no commitment yet, ${after}`;
  return `${colors.red(event.exitCode === 130 ? 'INTERRUPTED' : 'FAILED')} ${after}, the session is left ${state}${because}`;
}

const isEnded = ({ state }: OutcomeEvent): boolean => state === 'RESOLVED' || state === 'CANCELLED' || state === 'EXPIRED';
/** Number and unit stay together. */
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)}\u00a0s`;
const round = (value: number): string => String(Math.round(value * 100) / 100);
