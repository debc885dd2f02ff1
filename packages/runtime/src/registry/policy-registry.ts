import {
  checkPolicyDefinition,
  DEFAULT_POLICY,
  DEFAULT_POLICY_ID,
  policyFitsMode,
  toPolicyDescriptor,
  type PolicyDefinition,
  type PolicyDescriptor,
} from '@macp-agent/protocol';
import type { RegistryRefusal } from './mode-registry.js';

/** The policies that sessions may bind, by immutable id (RFC-MACP-0012; runtime.md §14). */
export class PolicyRegistry {
  /** True: fixed by the operator, and closed over the wire. */
  readonly readOnly: boolean;
  readonly #policies = new Map<string, { readonly policy: PolicyDefinition; readonly registeredAtUnixMs: number }>();
  readonly #changed: () => void;

  constructor(options: { readonly readOnly: boolean; readonly changed: () => void }) {
    this.readOnly = options.readOnly;
    this.#changed = options.changed;
    this.#policies.set(DEFAULT_POLICY_ID, { policy: DEFAULT_POLICY, registeredAtUnixMs: 0 });
  }

  get(id: string): PolicyDefinition | undefined {
    return this.#policies.get(id)?.policy;
  }

  describe(id: string): PolicyDescriptor | undefined {
    const entry = this.#policies.get(id);
    return entry === undefined ? undefined : { ...toPolicyDescriptor(entry.policy), registeredAtUnixMs: entry.registeredAtUnixMs };
  }

  /** Sorted by id. With a mode, those that fit it: its own and the `*` policies. */
  list(mode: string): PolicyDescriptor[] {
    const ids = [...this.#policies.keys()].toSorted();
    const wanted = mode === '' ? ids : ids.filter((id) => policyFitsMode((this.#policies.get(id) as { policy: PolicyDefinition }).policy, mode));
    return wanted.map((id) => this.describe(id) as PolicyDescriptor);
  }

  register(policy: PolicyDefinition, atUnixMs: number): RegistryRefusal {
    const verdict = checkPolicyDefinition(policy);
    if (!verdict.accepted) return verdict.message;
    if (this.#policies.has(policy.policyId)) return `${policy.policyId} is already registered; policy ids are immutable, use a new one`;
    this.#policies.set(policy.policyId, { policy, registeredAtUnixMs: atUnixMs });
    this.#changed();
    return undefined;
  }

  /** Sessions that bound the policy keep their copy. */
  unregister(id: string): RegistryRefusal {
    if (id === DEFAULT_POLICY_ID) return `${DEFAULT_POLICY_ID} is reserved and stays`;
    if (!this.#policies.delete(id)) return `${id} is not registered`;
    this.#changed();
    return undefined;
  }
}
