import { useId, useState } from 'preact/hooks';
import type { Explanation } from '../../src/model/run-track.js';
import { tallies } from '../../src/model/run-track.js';
import { isEnded, type Run } from '../../src/model/run.js';
import type { FoldedSession } from '../../src/model/session-fold.js';
import { labelOf, plural, sentence, shortName } from '../format.js';

interface OutcomeProps {
  readonly run: Run;
  readonly session: FoldedSession | undefined;
  readonly explanation: Explanation | undefined;
  /** The session is shown as it stood earlier. */
  readonly past: boolean;
  /** Which run it is of, where two stand beside each other. */
  readonly of?: string | undefined;
}

interface Outcome {
  readonly tone: 'good' | 'bad' | 'warn' | 'live' | 'idle';
  readonly icon: string;
  readonly title: string;
  readonly detail: string;
}

/** The answer first; then why, rule by rule. */
export function OutcomeCard({ run, session, explanation, past, of }: OutcomeProps) {
  const whyId = useId();
  const [why, setWhy] = useState(true);
  const outcome = describe(run, session, explanation, past);
  const rules = explanation?.rules ?? [];
  return (
    <section class={`card outcome tone-${outcome.tone}`} aria-label={labelOf('Outcome', of)}>
      <div class="outcome-head">
        <span class="outcome-icon" aria-hidden="true">
          {outcome.icon}
        </span>
        <div>
          <h2 class="outcome-title" aria-live="polite">
            {outcome.title}
          </h2>
          <p>{outcome.detail}</p>
        </div>
      </div>
      {rules.length === 0 ? (
        session === undefined ? null : (
          <p class="muted small-text">
            {explanation === undefined ? 'The bound policy could not be read, so its rules cannot be shown.' : 'The policy asks for nothing beyond the mode.'}
          </p>
        )
      ) : (
        <>
          <button type="button" class="quiet small why-toggle" aria-expanded={why} aria-controls={whyId} onClick={() => setWhy(!why)}>
            {why ? '▾' : '▸'} {whyTitle(run, explanation)}
          </button>
          {why ? <WhyTable id={whyId} explanation={explanation} /> : null}
        </>
      )}
    </section>
  );
}

function whyTitle(run: Run, explanation: Explanation | undefined): string {
  if (explanation?.judged === 'committed') return 'Why this outcome was accepted';
  return isEnded(run.status) ? 'What a positive commitment would have needed' : 'What a positive commitment needs';
}

function WhyTable({ id, explanation }: { id: string; explanation: Explanation | undefined }) {
  if (explanation === undefined) return null;
  const waits = explanation.judged === 'hypothetical';
  return (
    <table class="why" id={id}>
      <thead>
        <tr>
          <th scope="col">Rule</th>
          <th scope="col">Measured</th>
          <th scope="col">Result</th>
        </tr>
      </thead>
      <tbody>
        {explanation.rules.map((rule) => (
          <tr key={rule.rule} class={rule.passed ? 'pass' : waits ? 'wait' : 'fail'}>
            <th scope="row" title={rule.rule}>
              {RULE_NAMES[rule.rule] ?? rule.rule.replaceAll(/[._]/g, ' ')}
            </th>
            <td>{rule.detail}</td>
            <td class="result">{rule.passed ? '✓ met' : waits ? '◌ not yet' : '✗ failed'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const RULE_NAMES: Readonly<Record<string, string>> = {
  'voting.quorum': 'Quorum',
  'voting.majority': 'Majority vote',
  'voting.supermajority': 'Supermajority vote',
  'voting.unanimous': 'Unanimous vote',
  'voting.weighted': 'Weighted vote',
  'voting.plurality': 'Plurality vote',
  'objection_handling.veto_threshold': 'Objections and veto',
  'evaluation.minimum_confidence': 'Confidence',
  'evaluation.required_before_voting': 'Evaluations',
  'commitment.authority': 'Commitment authority',
  decline_guard: 'Decline guard',
};

function describe(run: Run, session: FoldedSession | undefined, explanation: Explanation | undefined, past: boolean): Outcome {
  const commitment = session?.commitment;
  if (session !== undefined && commitment !== undefined) {
    const { action, outcomePositive, reason, sender } = commitment;
    return {
      tone: outcomePositive ? 'good' : 'bad',
      icon: outcomePositive ? '✓' : '✕',
      title: `Committed: ${action}`,
      detail: `${voteLine(session)}${outcomePositive ? 'Positive' : 'Negative'} outcome by ${shortName(sender)}${reason === '' ? '' : ` — ${reason}`}`,
    };
  }
  if (!past && run.status === 'failed') {
    const expired = run.errorCode === 'SESSION_EXPIRED';
    return {
      tone: 'bad',
      icon: expired ? '◔' : '!',
      title: expired ? 'Expired without a decision' : 'Failed',
      detail: `${sentence(run.errorMessage ?? '')}${missing(session)}`,
    };
  }
  if (!past && run.status === 'cancelled') {
    const reason = run.metadata['cancelReason'];
    return {
      tone: 'warn',
      icon: '⊘',
      title: 'Cancelled',
      detail: typeof reason === 'string' && reason !== '' ? `Reason: ${reason}.` : 'The session was cancelled; nothing was committed.',
    };
  }
  if (session === undefined) return { tone: 'idle', icon: '◌', title: 'Waiting for SessionStart', detail: `The initiator has not opened the session yet.` };
  if (session.state === 'SUSPENDED')
    return { tone: 'warn', icon: '❚❚', title: 'Suspended', detail: 'The clock stands still until somebody with authority resumes the session.' };
  return waiting(session, explanation);
}

const VOTED = /^macp\.mode\.(decision|quorum)\./;

function waiting(session: FoldedSession, explanation: Explanation | undefined): Outcome {
  const proposals = tallies(session);
  const open = explanation?.rules.filter((rule) => !rule.passed) ?? [];
  if (VOTED.test(session.binding.mode) && proposals.length === 0)
    return {
      tone: 'live',
      icon: '…',
      title: 'Waiting for a proposal',
      detail: `${plural(session.binding.participants.length, 'participant')} joined by declaration; nobody has proposed yet.`,
    };
  if (!VOTED.test(session.binding.mode))
    return {
      tone: 'live',
      icon: '…',
      title: 'Open',
      detail: `${plural(session.ordinal, 'envelope')} so far; nothing is committed.${open.length === 0 ? '' : ` The policy still asks: ${open.map((rule) => rule.detail).join('; ')}.`}`,
    };
  const veto = open.find((rule) => rule.rule.startsWith('objection'));
  if (veto !== undefined) return { tone: 'warn', icon: '⚑', title: 'Vetoed by objection', detail: `${veto.detail}: a positive commitment would be refused.` };
  const pending = proposals.at(-1)?.pending.filter((voter) => voter !== session.binding.initiator) ?? [];
  if (open.length > 0 && pending.length > 0)
    return { tone: 'live', icon: '…', title: `Waiting for ${plural(pending.length, 'vote')}`, detail: `${voteLine(session)}Not yet: ${list(pending)}.` };
  if (open.length > 0) return { tone: 'warn', icon: '…', title: 'The policy is not satisfied', detail: open.map((rule) => rule.detail).join('; ') };
  return {
    tone: 'live',
    icon: '…',
    title: 'Waiting for the commitment',
    detail: `${voteLine(session)}${shortName(session.binding.initiator)} may commit now.`,
  };
}

function voteLine(session: FoldedSession): string {
  const votes = tallies(session).flatMap((tally) => tally.votes);
  if (votes.length === 0) return '';
  const count = (vote: string): number => votes.filter((cast) => cast.vote === vote).length;
  const abstained = count('ABSTAIN');
  return `${count('APPROVE')} approve, ${count('REJECT')} reject${abstained > 0 ? `, ${abstained} abstain` : ''}. `;
}

function missing(session: FoldedSession | undefined): string {
  const pending = session === undefined ? [] : (tallies(session).at(-1)?.pending ?? []);
  return pending.length === 0 ? '' : ` No vote from ${list(pending)}.`;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 4).map(shortName).join(', ');
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
}
