import { macp } from '../gen/proto.js';
import { Root } from './handshake.js';
import { bool, int64, list, message, nested, string, stringMap, strings, type MessageOf } from './message.js';

/** Manifests, modes and roots (RFC-MACP-0005, RFC-MACP-0002 §12). */

const pb = macp.v1;

export const GetManifestRequest = message('macp.v1.GetManifestRequest', pb.GetManifestRequest, {
  agentId: string,
});
export type GetManifestRequest = MessageOf<typeof GetManifestRequest>;

export const GetManifestResponse = message('macp.v1.GetManifestResponse', pb.GetManifestResponse, {
  manifest: nested(() => AgentManifest),
});
export type GetManifestResponse = MessageOf<typeof GetManifestResponse>;

export const TransportEndpoint = message('macp.v1.TransportEndpoint', pb.TransportEndpoint, {
  transport: string,
  uri: string,
  contentTypes: strings,
  metadata: stringMap,
});
export type TransportEndpoint = MessageOf<typeof TransportEndpoint>;

export const AgentManifest = message('macp.v1.AgentManifest', pb.AgentManifest, {
  agentId: string,
  title: string,
  description: string,
  supportedModes: strings,
  inputContentTypes: strings,
  outputContentTypes: strings,
  metadata: stringMap,
  transportEndpoints: list(() => TransportEndpoint),
});
export type AgentManifest = MessageOf<typeof AgentManifest>;

export const ModeDescriptor = message('macp.v1.ModeDescriptor', pb.ModeDescriptor, {
  mode: string,
  modeVersion: string,
  title: string,
  description: string,
  determinismClass: string,
  participantModel: string,
  messageTypes: strings,
  terminalMessageTypes: strings,
  schemaUris: stringMap,
});
export type ModeDescriptor = MessageOf<typeof ModeDescriptor>;

export const ListModesRequest = message('macp.v1.ListModesRequest', pb.ListModesRequest, {});
export type ListModesRequest = MessageOf<typeof ListModesRequest>;

export const ListModesResponse = message('macp.v1.ListModesResponse', pb.ListModesResponse, {
  modes: list(() => ModeDescriptor),
});
export type ListModesResponse = MessageOf<typeof ListModesResponse>;

export const ListRootsRequest = message('macp.v1.ListRootsRequest', pb.ListRootsRequest, {});
export type ListRootsRequest = MessageOf<typeof ListRootsRequest>;

export const ListRootsResponse = message('macp.v1.ListRootsResponse', pb.ListRootsResponse, {
  roots: list(() => Root),
});
export type ListRootsResponse = MessageOf<typeof ListRootsResponse>;

export const WatchModeRegistryRequest = message('macp.v1.WatchModeRegistryRequest', pb.WatchModeRegistryRequest, {});
export type WatchModeRegistryRequest = MessageOf<typeof WatchModeRegistryRequest>;

export const WatchModeRegistryResponse = message('macp.v1.WatchModeRegistryResponse', pb.WatchModeRegistryResponse, {
  change: nested(() => RegistryChanged),
});
export type WatchModeRegistryResponse = MessageOf<typeof WatchModeRegistryResponse>;

export const WatchRootsRequest = message('macp.v1.WatchRootsRequest', pb.WatchRootsRequest, {});
export type WatchRootsRequest = MessageOf<typeof WatchRootsRequest>;

export const WatchRootsResponse = message('macp.v1.WatchRootsResponse', pb.WatchRootsResponse, {
  change: nested(() => RootsChanged),
});
export type WatchRootsResponse = MessageOf<typeof WatchRootsResponse>;

export const RegistryChanged = message('macp.v1.RegistryChanged', pb.RegistryChanged, {
  registry: string,
  observedAtUnixMs: int64,
});
export type RegistryChanged = MessageOf<typeof RegistryChanged>;

export const RootsChanged = message('macp.v1.RootsChanged', pb.RootsChanged, {
  observedAtUnixMs: int64,
});
export type RootsChanged = MessageOf<typeof RootsChanged>;

export const ListExtModesRequest = message('macp.v1.ListExtModesRequest', pb.ListExtModesRequest, {});
export type ListExtModesRequest = MessageOf<typeof ListExtModesRequest>;

export const ListExtModesResponse = message('macp.v1.ListExtModesResponse', pb.ListExtModesResponse, {
  modes: list(() => ModeDescriptor),
});
export type ListExtModesResponse = MessageOf<typeof ListExtModesResponse>;

export const RegisterExtModeRequest = message('macp.v1.RegisterExtModeRequest', pb.RegisterExtModeRequest, {
  modeDescriptor: nested(() => ModeDescriptor),
});
export type RegisterExtModeRequest = MessageOf<typeof RegisterExtModeRequest>;

export const RegisterExtModeResponse = message('macp.v1.RegisterExtModeResponse', pb.RegisterExtModeResponse, {
  ok: bool,
  error: string,
});
export type RegisterExtModeResponse = MessageOf<typeof RegisterExtModeResponse>;

export const UnregisterExtModeRequest = message('macp.v1.UnregisterExtModeRequest', pb.UnregisterExtModeRequest, {
  mode: string,
});
export type UnregisterExtModeRequest = MessageOf<typeof UnregisterExtModeRequest>;

export const UnregisterExtModeResponse = message('macp.v1.UnregisterExtModeResponse', pb.UnregisterExtModeResponse, {
  ok: bool,
  error: string,
});
export type UnregisterExtModeResponse = MessageOf<typeof UnregisterExtModeResponse>;

export const PromoteModeRequest = message('macp.v1.PromoteModeRequest', pb.PromoteModeRequest, {
  mode: string,
  promotedModeName: string,
});
export type PromoteModeRequest = MessageOf<typeof PromoteModeRequest>;

export const PromoteModeResponse = message('macp.v1.PromoteModeResponse', pb.PromoteModeResponse, {
  ok: bool,
  error: string,
  mode: string,
});
export type PromoteModeResponse = MessageOf<typeof PromoteModeResponse>;
