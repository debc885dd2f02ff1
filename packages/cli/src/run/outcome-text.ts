import { relative } from 'node:path';
import type { OutcomeEvent } from '@macp-agent/scenarios';
import { clean, pad, type Output } from '../output.js';

/** Prints how a run ended; the last line says it all. */
export function printOutcome(output: Output, event: OutcomeEvent, cwd: string): void {
  const { colors } = output;
  const senders = [...new Set([...event.evaluations, ...event.objections, ...event.votes].map(({ sender }) => sender))];
  const width = Math.max(10, ...senders.map((sender) => clean(sender).length), 0);
  const row = (name: string, text: string): void => output.line(`  ${pad(name, width)}  ${text}`.trimEnd());

  output.line();
  output.line(colors.bold('Outcome'));
  for (const sender of senders) {
    const name = clean(sender);
    let first = true;
    const say = (kind: string, what: string, reason: string): void => {
      row(first ? name : '', `${pad(kind, 10)} ${pad(what, 12)} ${clean(reason)}`);
      first = false;
    };
    for (const one of event.evaluations) if (one.sender === sender) say('evaluation', `${one.recommendation} ${round(one.confidence)}`, one.reason);
    for (const one of event.objections) if (one.sender === sender) say('objection', one.severity, one.reason);
    for (const one of event.votes) if (one.sender === sender) say('vote', one.vote, one.reason);
  }
  const { commitment } = event;
  if (commitment !== undefined) {
    row(
      'commitment',
      `${clean(commitment.action)}, ${commitment.outcomePositive ? 'positive' : 'negative'}, under ${commitment.policyVersion}, by ${clean(commitment.sender)}`,
    );
    row('reason', clean(commitment.reason));
  }
  for (const refused of event.refused)
    row('refused', colors.red(`${clean(refused.participantId)} ${refused.messageType} ${refused.code}: ${clean(refused.message)}`));
  if (event.suspensions > 0) row('suspended', `${event.suspensions} time${event.suspensions === 1 ? '' : 's'}`);
  row('missing', event.missing.length === 0 ? 'nobody' : `no vote of ${event.missing.map(clean).join(', ')}`);
  row('time', seconds(event.durationMs));
  const way = relative(cwd, event.transcript);
  row('transcript', way.startsWith('..') ? event.transcript : way);
  output.line(headline(output, event));
}

function headline({ colors }: Output, event: OutcomeEvent): string {
  const { commitment } = event;
  if (commitment !== undefined) {
    const verdict = `${clean(commitment.action)} (${commitment.outcomePositive ? 'positive' : 'negative'})`;
    return `${event.state} ${(commitment.outcomePositive ? colors.green : colors.yellow)(verdict)} after ${seconds(event.durationMs)}`;
  }
  // Log lines of an agent that failed keep their lines.
  const reason = event.reason.split('\n').map(clean).join('\n');
  return `${colors.red(event.state === 'NONE' ? 'NO SESSION' : event.state)} without a commitment after ${seconds(event.durationMs)}${reason === '' ? '' : `: ${reason}`}`;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
const round = (value: number): string => String(Math.round(value * 100) / 100);
