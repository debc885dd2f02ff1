import type { PolicyDefinition } from './definition.js';

/** Rule groups of a policy with every default filled in (modes.md §12). */
export interface CommitmentRules {
  /** initiator_only, any_participant or designated_role; unknown words mean initiator_only. */
  readonly authority: string;
  readonly designatedRoles: readonly string[];
  readonly requireVoteQuorum: boolean;
  readonly allowDeclineOverApproval: boolean;
}

export interface DecisionRules {
  readonly commitment: CommitmentRules;
  readonly voting: {
    readonly algorithm: string;
    readonly threshold: number;
    readonly quorum: { readonly type: string; readonly value: number };
    readonly weights: Readonly<Record<string, number>>;
  };
  readonly objectionHandling: {
    readonly criticalSeverityVetoes: boolean;
    readonly vetoThreshold: number;
    readonly criticalObjectionAction: 'deny' | 'finalize_decline' | 'hold';
  };
  readonly evaluation: { readonly minimumConfidence: number; readonly requiredBeforeVoting: boolean };
}

/** A rule member of the wrong JSON type; registration refuses it and evaluation fails closed. */
export class RuleTypeError extends Error {}

/** Typed access to one group of a rules object; an absent member takes the default. */
export class RuleGroup {
  readonly #path: string;
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(path: string, members: unknown) {
    this.#path = path;
    if (members === undefined) this.#members = {};
    else if (isObject(members)) this.#members = members;
    else throw new RuleTypeError(`${path} must be an object`);
  }

  group(name: string): RuleGroup {
    return new RuleGroup(this.#join(name), this.#members[name]);
  }
  string(name: string, fallback: string): string {
    return this.#typed(name, fallback, 'a string', (value) => typeof value === 'string');
  }
  boolean(name: string, fallback: boolean): boolean {
    return this.#typed(name, fallback, 'a boolean', (value) => typeof value === 'boolean');
  }
  number(name: string, fallback: number): number {
    return this.#typed(name, fallback, 'a number', (value) => typeof value === 'number');
  }
  integer(name: string, fallback: number): number {
    return this.#typed(name, fallback, 'a non-negative integer', (value) => Number.isInteger(value) && (value as number) >= 0);
  }
  strings(name: string): readonly string[] {
    return this.#typed<readonly string[]>(name, [], 'an array of strings', (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'));
  }
  numbers(name: string): Readonly<Record<string, number>> {
    return this.#typed<Readonly<Record<string, number>>>(name, {}, 'an object of numbers', (value) => isObject(value) && Object.values(value).every((item) => typeof item === 'number'));
  }

  #typed<T>(name: string, fallback: T, rule: string, fits: (value: unknown) => boolean): T {
    const value = this.#members[name];
    if (value === undefined) return fallback;
    if (!fits(value)) throw new RuleTypeError(`${this.#join(name)} must be ${rule}`);
    return value as T;
  }
  #join(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

export function parseCommitmentRules(rules: Readonly<Record<string, unknown>>): CommitmentRules {
  const group = new RuleGroup('', rules).group('commitment');
  return {
    authority: group.string('authority', 'initiator_only'),
    designatedRoles: group.strings('designated_roles'),
    requireVoteQuorum: group.boolean('require_vote_quorum', false),
    allowDeclineOverApproval: group.boolean('allow_decline_over_approval', false),
  };
}

const OBJECTION_ACTIONS = ['deny', 'finalize_decline', 'hold'] as const;

/** Throws RuleTypeError for members of the wrong type. */
export function parseDecisionRules(rules: Readonly<Record<string, unknown>>): DecisionRules {
  const root = new RuleGroup('', rules);
  const voting = root.group('voting');
  const quorum = voting.group('quorum');
  const objections = root.group('objection_handling');
  const evaluation = root.group('evaluation');
  const action = objections.string('critical_objection_action', 'deny');
  const criticalObjectionAction = OBJECTION_ACTIONS.find((known) => known === action);
  if (criticalObjectionAction === undefined) throw new RuleTypeError(`objection_handling.critical_objection_action must be one of ${OBJECTION_ACTIONS.join(', ')}`);
  return {
    commitment: parseCommitmentRules(rules),
    voting: {
      algorithm: voting.string('algorithm', 'none'),
      threshold: voting.number('threshold', 0.5),
      quorum: { type: quorum.string('type', 'count'), value: quorum.number('value', 0) },
      weights: voting.numbers('weights'),
    },
    objectionHandling: {
      criticalSeverityVetoes: objections.boolean('critical_severity_vetoes', false),
      vetoThreshold: objections.integer('veto_threshold', 1),
      criticalObjectionAction,
    },
    evaluation: {
      minimumConfidence: evaluation.number('minimum_confidence', 0),
      requiredBeforeVoting: evaluation.boolean('required_before_voting', false),
    },
  };
}

const parsed = new WeakMap<PolicyDefinition, CommitmentRules>();

/** Commitment rules of a bound policy; no policy, or unreadable rules, mean initiator_only. */
export function commitmentRulesOf(policy: PolicyDefinition | undefined): CommitmentRules {
  if (policy === undefined) return parseCommitmentRules({});
  let rules = parsed.get(policy);
  if (rules === undefined) {
    try {
      rules = parseCommitmentRules(policy.rules);
    } catch (error) {
      if (!(error instanceof RuleTypeError)) throw error;
      rules = parseCommitmentRules({});
    }
    parsed.set(policy, rules);
  }
  return rules;
}
