import { decide, lowerBound, statementsOf, type Heard } from './decide.js';
import { readPolicyHints } from './policy-hints.js';

/** What the coordinator commits, or why it cancels. Its own vote goes first, so that a policy that counts it can pass. */
export type Outcome =
  | { readonly action: string; readonly outcomePositive: boolean; readonly reason: string; readonly authorityScope: string; readonly vote: { readonly vote: 'APPROVE' | 'REJECT'; readonly reason: string } }
  | { readonly cancel: string };

/** From what was heard when the wait ended to a commitment; too few statements end the session without one. */
export function outcomeOf(heard: Heard, policyHints: Readonly<Record<string, unknown>> | undefined): Outcome {
  const hints = readPolicyHints(policyHints);
  const statements = statementsOf(heard);
  const silent = heard.missing.filter((participant) => !statements.some(({ sender }) => sender === participant));
  const needed = lowerBound(hints, statements.length + silent.length);
  if (statements.length < needed) return { cancel: `${statements.length} of ${needed} statements needed for policy ${hints.type}; nothing from ${silent.join(', ')}` };
  const { decision, reason } = decide(statements, heard.objections, hints);
  const outcomePositive = decision !== 'decline';
  return { action: decision, outcomePositive, reason, authorityScope: 'transaction_review', vote: { vote: outcomePositive ? 'APPROVE' : 'REJECT', reason } };
}

/** The suspend demo: any customer whose id contains "suspend". */
export function wantsSuspension(inputs: Readonly<Record<string, unknown>>): boolean {
  return typeof inputs['customerId'] === 'string' && inputs['customerId'].toLowerCase().includes('suspend');
}
