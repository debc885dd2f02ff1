import { parsePolicyDescriptor, type PolicyDescriptor } from '@macp-agent/protocol';
import { chain } from '../../maybe-promise.js';
import { requireCaller, requireManager, type ServiceContext } from '../context.js';
import { CallRefused } from '../status.js';
import type { UnaryHandler } from '../unary.js';
import { answer } from './discovery.js';

/** RegisterPolicy: a registry fixed by the operator refuses before it looks at the caller (runtime.md §14). */
export function registerPolicy(context: ServiceContext): UnaryHandler<{ policyDescriptor?: PolicyDescriptor | undefined }, { ok: boolean; error: string }> {
  return ({ policyDescriptor }, headers) => {
    refuseReadOnly(context);
    return chain(requireManager(context, headers), () => {
      if (policyDescriptor === undefined) throw new CallRefused('INVALID_ARGUMENT', 'INVALID_REQUEST: policy_descriptor is missing');
      const parsed = parsePolicyDescriptor(policyDescriptor);
      return answer(parsed.ok ? context.policies.register(parsed.policy, context.clock.nowUnixMs()) : parsed.message);
    });
  };
}

export function unregisterPolicy(context: ServiceContext): UnaryHandler<{ policyId: string }, { ok: boolean; error: string }> {
  return ({ policyId }, headers) => {
    refuseReadOnly(context);
    return chain(requireManager(context, headers), () => answer(context.policies.unregister(policyId)));
  };
}

export function getPolicy(context: ServiceContext): UnaryHandler<{ policyId: string }, { policyDescriptor: PolicyDescriptor }> {
  return ({ policyId }, headers) =>
    chain(requireCaller(context, headers), () => {
      const policyDescriptor = context.policies.describe(policyId);
      if (policyDescriptor === undefined) throw new CallRefused('NOT_FOUND', `UNKNOWN_POLICY_VERSION: the policy ${policyId} is not registered`);
      return { policyDescriptor };
    });
}

export function listPolicies(context: ServiceContext): UnaryHandler<{ mode: string }, { descriptors: PolicyDescriptor[] }> {
  return ({ mode }, headers) => chain(requireCaller(context, headers), () => ({ descriptors: context.policies.list(mode) }));
}

function refuseReadOnly({ policies }: ServiceContext): void {
  if (policies.readOnly) throw new CallRefused('FAILED_PRECONDITION', 'the policies of this runtime are fixed by its operator (MACP_POLICIES_DIR)');
}
