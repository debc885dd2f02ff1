import { buildPolicy, commitmentRules, type CommitmentInput } from '../../policy/build-policy.js';
import type { PolicyDescriptor } from '../../wire/policy.js';
import { MODE_DECISION } from './id.js';

/** Rules of buildDecisionPolicy (modes.md §12.2). */
export interface DecisionPolicyInput {
  readonly voting?: {
    /** Default none. */
    readonly algorithm?: 'none' | 'majority' | 'supermajority' | 'unanimous' | 'weighted' | 'plurality';
    /** 0 to 1, default 0.5; over 0.5 for supermajority. */
    readonly threshold?: number;
    /** A percentage is 0 to 100. */
    readonly quorum?: { readonly type: 'count' | 'percentage'; readonly value: number };
    /** By sender; needed for weighted. */
    readonly weights?: Readonly<Record<string, number>>;
  };
  readonly objectionHandling?: {
    /** Default false. */
    readonly criticalSeverityVetoes?: boolean;
    /** At least 1, default 1. */
    readonly vetoThreshold?: number;
    /** Default deny. */
    readonly criticalObjectionAction?: 'deny' | 'finalize_decline' | 'hold';
  };
  /** Confidence 0 to 1, default 0; it counts only together with `requiredBeforeVoting`. */
  readonly evaluation?: { readonly minimumConfidence?: number; readonly requiredBeforeVoting?: boolean };
  readonly commitment?: CommitmentInput & {
    /** Default false. */
    readonly allowDeclineOverApproval?: boolean;
  };
}

/** A decision policy to register, schema version 2. Throws MacpError INVALID_POLICY_DEFINITION for rules that no runtime should take. */
export function buildDecisionPolicy(policyId: string, description: string, rules: DecisionPolicyInput = {}): PolicyDescriptor {
  const { voting = {}, objectionHandling = {}, evaluation = {}, commitment = {} } = rules;
  return buildPolicy({
    policyId,
    mode: MODE_DECISION,
    description,
    schemaVersion: 2,
    rules: {
      voting: {
        algorithm: voting.algorithm ?? 'none',
        threshold: voting.threshold ?? 0.5,
        ...(voting.quorum === undefined ? {} : { quorum: voting.quorum }),
        ...(voting.weights === undefined ? {} : { weights: voting.weights }),
      },
      objection_handling: {
        critical_severity_vetoes: objectionHandling.criticalSeverityVetoes ?? false,
        veto_threshold: objectionHandling.vetoThreshold ?? 1,
        critical_objection_action: objectionHandling.criticalObjectionAction ?? 'deny',
      },
      evaluation: { minimum_confidence: evaluation.minimumConfidence ?? 0, required_before_voting: evaluation.requiredBeforeVoting ?? false },
      commitment: {
        ...commitmentRules({ ...commitment, requireVoteQuorum: commitment.requireVoteQuorum ?? false }),
        allow_decline_over_approval: commitment.allowDeclineOverApproval ?? false,
      },
    },
  });
}
