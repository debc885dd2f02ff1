import { decide, statementsOf, type Heard } from './decide.js';
import { readPolicyHints } from './policy-hints.js';

/** What the coordinator commits. Its own vote goes first, so that a policy that counts it can pass. */
export interface Outcome {
  readonly action: string;
  readonly outcomePositive: boolean;
  readonly reason: string;
  readonly authorityScope: string;
  readonly vote: { readonly vote: 'APPROVE' | 'REJECT'; readonly reason: string };
}

/** From what was heard when the wait ended to a commitment. That enough was heard is the strategy's business (commitAfterVotes). */
export function outcomeOf(heard: Heard, policyHints: Readonly<Record<string, unknown>> | undefined): Outcome {
  const { decision, reason } = decide(statementsOf(heard), heard.objections, readPolicyHints(policyHints));
  const outcomePositive = decision !== 'decline';
  return {
    action: inWordsOf(policyHints, decision),
    outcomePositive,
    reason,
    authorityScope: 'transaction_review',
    vote: { vote: outcomePositive ? 'APPROVE' : 'REJECT', reason },
  };
}

/** A scenario may have its own words for the three decisions: `policyHints.vocabulary`. */
function inWordsOf(policyHints: Readonly<Record<string, unknown>> | undefined, decision: string): string {
  const vocabulary = policyHints?.['vocabulary'];
  if (typeof vocabulary !== 'object' || vocabulary === null || !Object.hasOwn(vocabulary, decision)) return decision;
  const word = (vocabulary as Readonly<Record<string, unknown>>)[decision];
  return typeof word === 'string' && word !== '' ? word : decision;
}

/** The suspend demo: any customer whose id contains "suspend". */
export function wantsSuspension(inputs: Readonly<Record<string, unknown>>): boolean {
  return typeof inputs['customerId'] === 'string' && inputs['customerId'].toLowerCase().includes('suspend');
}
