import { MODE_DECISION, MODE_HANDOFF, MODE_PROPOSAL, MODE_QUORUM, MODE_TASK } from '../modes/mode-ids.js';
import { MacpError } from '../macp-error.js';
import type { PolicyDescriptor } from '../wire/policy.js';
import { toPolicyDescriptor, type PolicyDefinition } from './definition.js';
import { checkPolicyDefinition } from './register.js';

/** Who may commit; shared by all five builders. The roles are sender ids. */
export interface CommitmentInput {
  /** Default initiator_only. */
  readonly authority?: 'initiator_only' | 'any_participant' | 'designated_role';
  readonly designatedRoles?: readonly string[];
  /** Default false. */
  readonly requireVoteQuorum?: boolean;
}

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

/** Rules of buildProposalPolicy (modes.md §12.3). */
export interface ProposalPolicyInput {
  /** Default all_parties. */
  readonly acceptance?: { readonly criterion?: 'all_parties' | 'counterparty' | 'initiator' };
  /** 0 = no limit, the default. */
  readonly counterProposal?: { readonly maxRounds?: number };
  /** Default false. */
  readonly rejection?: { readonly terminalOnAnyReject?: boolean };
  readonly commitment?: CommitmentInput;
}

/** Rules of buildTaskPolicy (modes.md §12.4). */
export interface TaskPolicyInput {
  /** Default false. */
  readonly assignment?: { readonly allowReassignmentOnReject?: boolean };
  /** Default false. */
  readonly completion?: { readonly requireOutput?: boolean };
  readonly commitment?: CommitmentInput;
}

/** Rules of buildHandoffPolicy (modes.md §12.5). */
export interface HandoffPolicyInput {
  /** Milliseconds; 0 = off, the default. */
  readonly acceptance?: { readonly implicitAcceptTimeoutMs?: number };
  readonly commitment?: CommitmentInput;
}

/** Rules of buildQuorumPolicy (modes.md §12.6). */
export interface QuorumPolicyInput {
  /** A percentage is an integer, 0 to 100. Default n_of_m, 0 = the request's own number. */
  readonly threshold?: { readonly type?: 'n_of_m' | 'percentage' | 'weighted'; readonly value?: number };
  /** Default false and neutral. */
  readonly abstention?: { readonly countsTowardQuorum?: boolean; readonly interpretation?: 'neutral' | 'implicit_reject' | 'ignored' };
  readonly commitment?: CommitmentInput;
}

/** A decision policy to register, schema version 2. Throws MacpError INVALID_POLICY_DEFINITION for rules that no runtime should take. */
export function buildDecisionPolicy(policyId: string, description: string, rules: DecisionPolicyInput = {}): PolicyDescriptor {
  const { voting = {}, objectionHandling = {}, evaluation = {}, commitment = {} } = rules;
  return build({
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
      commitment: { ...commitmentRules(commitment), allow_decline_over_approval: commitment.allowDeclineOverApproval ?? false },
    },
  });
}

/** A proposal policy to register. Throws MacpError INVALID_POLICY_DEFINITION. */
export function buildProposalPolicy(policyId: string, description: string, rules: ProposalPolicyInput = {}): PolicyDescriptor {
  return build({
    policyId,
    mode: MODE_PROPOSAL,
    description,
    schemaVersion: 1,
    rules: {
      acceptance: { criterion: rules.acceptance?.criterion ?? 'all_parties' },
      counter_proposal: { max_rounds: rules.counterProposal?.maxRounds ?? 0 },
      rejection: { terminal_on_any_reject: rules.rejection?.terminalOnAnyReject ?? false },
      commitment: commitmentRules(rules.commitment),
    },
  });
}

/** A task policy to register. Throws MacpError INVALID_POLICY_DEFINITION. */
export function buildTaskPolicy(policyId: string, description: string, rules: TaskPolicyInput = {}): PolicyDescriptor {
  return build({
    policyId,
    mode: MODE_TASK,
    description,
    schemaVersion: 1,
    rules: {
      assignment: { allow_reassignment_on_reject: rules.assignment?.allowReassignmentOnReject ?? false },
      completion: { require_output: rules.completion?.requireOutput ?? false },
      commitment: commitmentRules(rules.commitment),
    },
  });
}

/** A handoff policy to register. Throws MacpError INVALID_POLICY_DEFINITION. */
export function buildHandoffPolicy(policyId: string, description: string, rules: HandoffPolicyInput = {}): PolicyDescriptor {
  return build({
    policyId,
    mode: MODE_HANDOFF,
    description,
    schemaVersion: 1,
    rules: { acceptance: { implicit_accept_timeout_ms: rules.acceptance?.implicitAcceptTimeoutMs ?? 0 }, commitment: commitmentRules(rules.commitment) },
  });
}

/** A quorum policy to register. Throws MacpError INVALID_POLICY_DEFINITION. */
export function buildQuorumPolicy(policyId: string, description: string, rules: QuorumPolicyInput = {}): PolicyDescriptor {
  return build({
    policyId,
    mode: MODE_QUORUM,
    description,
    schemaVersion: 1,
    rules: {
      threshold: { type: rules.threshold?.type ?? 'n_of_m', value: rules.threshold?.value ?? 0 },
      abstention: { counts_toward_quorum: rules.abstention?.countsTowardQuorum ?? false, interpretation: rules.abstention?.interpretation ?? 'neutral' },
      commitment: commitmentRules(rules.commitment),
    },
  });
}

function commitmentRules(commitment: CommitmentInput = {}): Record<string, unknown> {
  return {
    authority: commitment.authority ?? 'initiator_only',
    designated_roles: commitment.designatedRoles ?? [],
    require_vote_quorum: commitment.requireVoteQuorum ?? false,
  };
}

function build(policy: PolicyDefinition): PolicyDescriptor {
  const verdict = checkPolicyDefinition(policy);
  if (!verdict.accepted) throw new MacpError(verdict.code, `building the policy ${policy.policyId}: ${verdict.message}`);
  return toPolicyDescriptor(policy);
}
