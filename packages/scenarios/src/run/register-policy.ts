import { isDeepStrictEqual } from 'node:util';
import { MacpTransportError, type CallOptions, type MacpClient } from '@macp-agent/core';
import { DEFAULT_POLICY_ID, isMacpError, MacpError, parsePolicyDescriptor, toPolicyDescriptor, type PolicyDefinition } from '@macp-agent/protocol';

/**
 * Makes sure that the runtime has the policy of a run. Registers it with the runner's own identity; where it is registered
 * already, or the registry cannot be written, its rules are compared instead.
 * Throws UNKNOWN_POLICY_VERSION when it is nowhere, INVALID_POLICY_DEFINITION when the runtime has other rules under its id.
 */
export async function ensurePolicy(client: MacpClient, policyVersion: string, policy: PolicyDefinition | undefined, options: CallOptions = {}): Promise<void> {
  if (policyVersion === DEFAULT_POLICY_ID) return;
  const present = await findPolicy(client, policyVersion, options);
  if (present !== undefined) {
    if (policy !== undefined && !isDeepStrictEqual(JSON.parse(JSON.stringify(policy.rules)), present.rules)) {
      throw new MacpError(
        'INVALID_POLICY_DEFINITION',
        `the runtime has other rules under ${policyVersion} than the pack; policies cannot be changed, so give the new rules a new id`,
        {
          context: { path: policyVersion },
        },
      );
    }
    return;
  }
  if (policy === undefined) {
    throw new MacpError('UNKNOWN_POLICY_VERSION', `${policyVersion} is neither a file of the pack's policies folder nor registered at the runtime`, {
      context: { path: policyVersion },
    });
  }
  try {
    const { ok, error } = await client.registerPolicy(toPolicyDescriptor(policy), options);
    if (ok) return;
    // Another run of the same scenario was faster.
    if ((await findPolicy(client, policyVersion, options)) !== undefined) return;
    throw new MacpError('INVALID_POLICY_DEFINITION', `the runtime did not register ${policyVersion}: ${error}`, { context: { path: policyVersion } });
  } catch (error) {
    // FAILED_PRECONDITION: the registry is read-only (runtime.md §14).
    const readOnly = error instanceof MacpTransportError && error.grpcStatus === 'FAILED_PRECONDITION';
    if (!readOnly && !(isMacpError(error) && error.code === 'FORBIDDEN')) throw error;
    throw new MacpError(
      'UNKNOWN_POLICY_VERSION',
      `${policyVersion} is not registered at the runtime, and the runner may not register it; set can_manage_mode_registry for the runner, or register it beforehand`,
      {
        cause: error,
        context: { path: policyVersion },
      },
    );
  }
}

async function findPolicy(client: MacpClient, policyId: string, options: CallOptions): Promise<PolicyDefinition | undefined> {
  const descriptors = await client.listPolicies('', options);
  const descriptor = descriptors.find((one) => one.policyId === policyId);
  if (descriptor === undefined) return undefined;
  const parsed = parsePolicyDescriptor(descriptor);
  return parsed.ok ? parsed.policy : undefined;
}
