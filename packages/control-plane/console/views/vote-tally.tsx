import { tallies, votingRule, type ProposalTally, type VotingRule } from '../../src/model/run-track.js';
import type { FoldedSession } from '../../src/model/session-fold.js';
import { labelOf, plural, shortMode, shortName } from '../format.js';

const ORDER = ['APPROVE', 'REJECT', 'ABSTAIN'] as const;
const WORDS: Readonly<Record<string, string>> = { APPROVE: 'approve', REJECT: 'reject', ABSTAIN: 'abstain' };

const VOTED = /^macp\.mode\.(decision|quorum)\./;

/** Beside the colour, so that it is never alone. */
const MARKS: Readonly<Record<string, string>> = { approve: '✓', reject: '✕', abstain: '–' };

/** One bar per proposal, with the line that the policy draws. */
export function VoteTally({ session, of, onSelect }: { session: FoldedSession | undefined; of?: string; onSelect: (voter: string) => void }) {
  const proposals = session === undefined ? [] : tallies(session);
  const rule = session === undefined ? undefined : votingRule(session);
  return (
    <section class="card tally" aria-label={labelOf('Votes', of)}>
      <div class="row spread">
        <h2>Votes</h2>
        <span class="muted small-text">{describeRule(rule)}</span>
      </div>
      {proposals.length === 0 ? (
        <p class="muted">
          {session === undefined || VOTED.test(session.binding.mode)
            ? 'No proposal yet, so nothing to vote on.'
            : `Sessions of the ${shortMode(session.binding.mode)} mode are not decided by votes.`}
        </p>
      ) : null}
      {proposals.map((proposal) => (
        <Bar key={proposal.proposalId} proposal={proposal} rule={rule} onSelect={onSelect} />
      ))}
      {proposals.length === 0 ? null : (
        <p class="legend small-text muted">
          <span>
            <i class="dot vote-approve" /> approve
          </span>
          <span>
            <i class="dot vote-reject" /> reject
          </span>
          <span>
            <i class="dot vote-abstain" /> abstain
          </span>
          <span>
            <i class="dot vote-pending" /> not voted
          </span>
        </p>
      )}
    </section>
  );
}

function Bar({ proposal, rule, onSelect }: { proposal: ProposalTally; rule: VotingRule | undefined; onSelect: (voter: string) => void }) {
  const weight = (vote: string): number => proposal.votes.filter((cast) => cast.vote === vote).reduce((sum, cast) => sum + cast.weight, 0);
  const abstained = proposal.votes.filter((cast) => cast.vote === 'ABSTAIN').length;
  // Abstentions do not count towards the line, so they stand to the right of the counted part.
  const counted = weight('APPROVE') + weight('REJECT') + proposal.pendingWeight;
  const total = Math.max(1, counted + abstained);
  const line = rule?.needed !== undefined ? rule.needed / total : rule?.threshold === undefined ? undefined : (rule.threshold * counted) / total;
  const label = `${proposal.option}: ${weight('APPROVE')} approve, ${weight('REJECT')} reject, ${abstained} abstain, ${plural(proposal.pending.length, 'vote')} missing`;
  const ordered = ORDER.slice(0, 2).flatMap((vote) => proposal.votes.filter((cast) => cast.vote === vote));
  return (
    <div class="bar-row">
      <p class="bar-title" title={proposal.option}>
        {proposal.option} <span class="muted">by {shortName(proposal.sender)}</span>
      </p>
      <div class="bar" role="group" aria-label={label}>
        {ordered.map((cast) => (
          <Segment key={cast.sender} cast={cast} share={cast.weight / total} onSelect={onSelect} />
        ))}
        {proposal.pending.length === 0 ? null : (
          <span
            class="segment vote-pending"
            style={{ width: `${(proposal.pendingWeight / total) * 100}%` }}
            title={`not voted: ${proposal.pending.map(shortName).join(', ')}`}
          >
            {proposal.pending.length}
          </span>
        )}
        {proposal.votes
          .filter((cast) => cast.vote === 'ABSTAIN')
          .map((cast) => (
            <Segment key={cast.sender} cast={cast} share={1 / total} onSelect={onSelect} />
          ))}
        {line === undefined ? null : (
          <span class="threshold" style={{ left: `${line * 100}%` }}>
            <span class="sr-only">
              {rule?.needed === undefined
                ? `threshold at ${Math.round((rule?.threshold ?? 0) * 100)} % of the cast votes`
                : `threshold at ${rule.needed} approvals`}
            </span>
          </span>
        )}
      </div>
      <p class="bar-note small-text muted">
        {rule?.algorithm === 'weighted' ? 'weight ' : ''}
        <strong>{weight('APPROVE')}</strong> approve · <strong>{weight('REJECT')}</strong> reject
        {abstained > 0 ? (
          <>
            {' '}
            · <strong>{abstained}</strong> abstain
          </>
        ) : null}
        {rule !== undefined && rule.quorum > 0 ? (
          <span class={proposal.votes.length >= rule.quorum ? 'quorum met' : 'quorum'}>
            {proposal.votes.length >= rule.quorum ? '✓' : '◌'} quorum {proposal.votes.length}/{rule.quorum}
          </span>
        ) : null}
      </p>
    </div>
  );
}

function Segment({ cast, share, onSelect }: { cast: ProposalTally['votes'][number]; share: number; onSelect: (voter: string) => void }) {
  const kind = WORDS[cast.vote] ?? 'abstain';
  const text = `${shortName(cast.sender)}: ${kind}${cast.weight === 1 ? '' : ` (weight ${cast.weight})`}${cast.reason === '' ? '' : ` — ${cast.reason}`}`;
  return (
    <button
      type="button"
      class={`segment vote-${kind}`}
      style={{ width: `${share * 100}%` }}
      title={text}
      aria-label={text}
      onClick={() => onSelect(cast.sender)}
    >
      {share > 0.13 ? `${MARKS[kind] ?? ''} ${shortName(cast.sender)}` : share > 0.03 ? (MARKS[kind] ?? '') : ''}
    </button>
  );
}

function describeRule(rule: VotingRule | undefined): string {
  if (rule === undefined) return 'the policy asks for no vote';
  const line = rule.threshold === undefined ? '' : `, line at ${Math.round(rule.threshold * 100)} %`;
  return `${rule.algorithm === 'none' ? 'no vote rule' : rule.algorithm}${line}`;
}
