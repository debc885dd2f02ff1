import { macp } from '../gen/proto.js';
import { bool, int64, list, message, nested, string, uint32, type MessageOf } from './message.js';

/** Policy registry messages (RFC-MACP-0012). `rules` is JSON text on the wire. */

const pb = macp.v1;

export const PolicyDescriptor = message('macp.v1.PolicyDescriptor', pb.PolicyDescriptor, {
  policyId: string,
  mode: string,
  description: string,
  rules: string,
  schemaVersion: uint32,
  registeredAtUnixMs: int64,
});
export type PolicyDescriptor = MessageOf<typeof PolicyDescriptor>;

export const PolicyRegistryCapability = message('macp.v1.PolicyRegistryCapability', pb.PolicyRegistryCapability, {
  registerPolicy: bool,
  listPolicies: bool,
  listChanged: bool,
});
export type PolicyRegistryCapability = MessageOf<typeof PolicyRegistryCapability>;

export const RegisterPolicyRequest = message('macp.v1.RegisterPolicyRequest', pb.RegisterPolicyRequest, {
  policyDescriptor: nested(() => PolicyDescriptor),
});
export type RegisterPolicyRequest = MessageOf<typeof RegisterPolicyRequest>;

export const RegisterPolicyResponse = message('macp.v1.RegisterPolicyResponse', pb.RegisterPolicyResponse, {
  ok: bool,
  error: string,
});
export type RegisterPolicyResponse = MessageOf<typeof RegisterPolicyResponse>;

export const UnregisterPolicyRequest = message('macp.v1.UnregisterPolicyRequest', pb.UnregisterPolicyRequest, {
  policyId: string,
});
export type UnregisterPolicyRequest = MessageOf<typeof UnregisterPolicyRequest>;

export const UnregisterPolicyResponse = message('macp.v1.UnregisterPolicyResponse', pb.UnregisterPolicyResponse, {
  ok: bool,
  error: string,
});
export type UnregisterPolicyResponse = MessageOf<typeof UnregisterPolicyResponse>;

export const GetPolicyRequest = message('macp.v1.GetPolicyRequest', pb.GetPolicyRequest, {
  policyId: string,
});
export type GetPolicyRequest = MessageOf<typeof GetPolicyRequest>;

export const GetPolicyResponse = message('macp.v1.GetPolicyResponse', pb.GetPolicyResponse, {
  policyDescriptor: nested(() => PolicyDescriptor),
});
export type GetPolicyResponse = MessageOf<typeof GetPolicyResponse>;

export const ListPoliciesRequest = message('macp.v1.ListPoliciesRequest', pb.ListPoliciesRequest, {
  mode: string,
});
export type ListPoliciesRequest = MessageOf<typeof ListPoliciesRequest>;

export const ListPoliciesResponse = message('macp.v1.ListPoliciesResponse', pb.ListPoliciesResponse, {
  descriptors: list(() => PolicyDescriptor),
});
export type ListPoliciesResponse = MessageOf<typeof ListPoliciesResponse>;

export const WatchPoliciesRequest = message('macp.v1.WatchPoliciesRequest', pb.WatchPoliciesRequest, {});
export type WatchPoliciesRequest = MessageOf<typeof WatchPoliciesRequest>;

export const WatchPoliciesResponse = message('macp.v1.WatchPoliciesResponse', pb.WatchPoliciesResponse, {
  descriptors: list(() => PolicyDescriptor),
  observedAtUnixMs: int64,
});
export type WatchPoliciesResponse = MessageOf<typeof WatchPoliciesResponse>;
