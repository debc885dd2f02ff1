import { rulesReader } from './read-rules.js';
import { ruleRoot, type RuleReading, type Rules } from './rule-group.js';

/** The rule group that all modes share, with every default filled in (modes.md §12.1). */
export interface CommitmentRules {
  /** initiator_only, any_participant or designated_role; unknown words mean initiator_only. */
  readonly authority: string;
  /** Sender ids, compared byte for byte. */
  readonly designatedRoles: readonly string[];
  readonly requireVoteQuorum: boolean;
  readonly allowDeclineOverApproval: boolean;
}

/** Throws RuleTypeError for members of the wrong type. */
export function parseCommitmentRules(rules: Rules, reading: RuleReading = 'evaluation'): CommitmentRules {
  const group = ruleRoot(rules, reading).group('commitment');
  const authority = group.word('authority', 'initiator_only', ['initiator_only', 'any_participant', 'designated_role']);
  const designatedRoles = group.strings('designated_roles');
  group.require('designated_roles', authority !== 'designated_role' || designatedRoles.length > 0, 'a list of senders for the authority designated_role');
  return {
    authority,
    designatedRoles,
    requireVoteQuorum: group.boolean('require_vote_quorum', false),
    allowDeclineOverApproval: group.boolean('allow_decline_over_approval', false),
  };
}

/** Commitment rules of a bound policy; no policy, or unreadable rules, mean initiator_only. */
export const commitmentRulesOf = rulesReader(parseCommitmentRules);
