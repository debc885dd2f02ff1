import { createHash } from 'node:crypto';
import type { CommitmentPayload } from './wire/payloads.js';

/** Names the projection inside what is hashed; another set of fields needs another label (RFC-MACP-0013 §5). */
const LABEL = 'macp-commitment-hash/1';

/**
 * The canonical hash of a commitment, as `supersedes.commitmentHash` carries it: `sha256:` and 64 lower-case hex digits
 * (RFC-MACP-0013 §4). Never fails: what the runtime would refuse has a hash too. A missing text counts as empty, a missing
 * `supersedes` is left out.
 */
export function commitmentHash(commitment: Partial<CommitmentPayload>): string {
  const { supersedes } = commitment;
  // In the order that RFC 8785 sorts them; JSON.stringify writes strings and booleans as it asks.
  const projection = {
    action: text(commitment.action),
    authority_scope: text(commitment.authorityScope),
    commitment_id: text(commitment.commitmentId),
    configuration_version: text(commitment.configurationVersion),
    mode_version: text(commitment.modeVersion),
    outcome_positive: commitment.outcomePositive === true,
    policy_version: text(commitment.policyVersion),
    reason: text(commitment.reason),
    ...(supersedes !== undefined && { supersedes: { commitment_hash: text(supersedes.commitmentHash), session_id: text(supersedes.sessionId) } }),
  };
  return `sha256:${createHash('sha256')
    .update(`${LABEL}:${JSON.stringify(projection)}`)
    .digest('hex')}`;
}

/** As it travels: a lone surrogate becomes U+FFFD in UTF-8, and both ends hash the same. */
function text(value: string | undefined): string {
  return value === undefined ? '' : Buffer.from(value).toString();
}
