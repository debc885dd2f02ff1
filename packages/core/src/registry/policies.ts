import type { PartialFields, PolicyDescriptor } from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';
import { requireAuth } from '../auth.js';
import type { CallOptions } from '../call-options.js';
import { MacpTransportError } from '../errors.js';
import type { Connection } from '../rpc/connection.js';

/** Answer of the registry calls: refusals are values here. */
export interface RegistryAnswer {
  readonly ok: boolean;
  /** Why not; empty when ok. */
  readonly error: string;
}

export function registerPolicy(connection: Connection, policyDescriptor: PartialFields<PolicyDescriptor>, options: CallOptions): Promise<RegistryAnswer> {
  const what = `RegisterPolicy ${policyDescriptor.policyId ?? ''}`;
  return connection.unary(runtimeService.RegisterPolicy, { policyDescriptor: policyDescriptor as PolicyDescriptor }, authenticated(connection, options), {
    what,
    repeatable: false,
  });
}

export function unregisterPolicy(connection: Connection, policyId: string, options: CallOptions): Promise<RegistryAnswer> {
  return connection.unary(runtimeService.UnregisterPolicy, { policyId }, authenticated(connection, options), {
    what: `UnregisterPolicy ${policyId}`,
    repeatable: false,
  });
}

export async function getPolicy(connection: Connection, policyId: string, options: CallOptions): Promise<PolicyDescriptor> {
  const settings = { what: `GetPolicy ${policyId}`, repeatable: true, notFound: 'UNKNOWN_POLICY_VERSION' } as const;
  const { policyDescriptor } = await connection.unary(runtimeService.GetPolicy, { policyId }, authenticated(connection, options), settings);
  if (policyDescriptor === undefined) throw new MacpTransportError('UNKNOWN_POLICY_VERSION', `GetPolicy ${policyId}: the runtime answered without a policy`);
  return policyDescriptor;
}

export async function listPolicies(connection: Connection, mode: string, options: CallOptions): Promise<PolicyDescriptor[]> {
  const { descriptors } = await connection.unary(runtimeService.ListPolicies, { mode }, authenticated(connection, options), {
    what: 'ListPolicies',
    repeatable: true,
  });
  return descriptors;
}

function authenticated(connection: Connection, options: CallOptions): CallOptions {
  requireAuth(options.auth ?? connection.auth);
  return options;
}
