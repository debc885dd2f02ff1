import { macp } from '../gen/proto.js';
import { PolicyRegistryCapability } from './policy.js';
import { bool, message, nested, string, stringMap, strings, type MessageOf } from './message.js';

/** Initialize: versions and capabilities (RFC-MACP-0001 §4). */

const pb = macp.v1;

export const Root = message('macp.v1.Root', pb.Root, {
  uri: string,
  name: string,
});
export type Root = MessageOf<typeof Root>;

export const ClientInfo = message('macp.v1.ClientInfo', pb.ClientInfo, {
  name: string,
  title: string,
  version: string,
  description: string,
  websiteUrl: string,
});
export type ClientInfo = MessageOf<typeof ClientInfo>;

export const RuntimeInfo = message('macp.v1.RuntimeInfo', pb.RuntimeInfo, {
  name: string,
  title: string,
  version: string,
  description: string,
  websiteUrl: string,
});
export type RuntimeInfo = MessageOf<typeof RuntimeInfo>;

export const SessionsCapability = message('macp.v1.SessionsCapability', pb.SessionsCapability, {
  stream: bool,
  listSessions: bool,
  watchSessions: bool,
});
export type SessionsCapability = MessageOf<typeof SessionsCapability>;

export const CancellationCapability = message('macp.v1.CancellationCapability', pb.CancellationCapability, {
  cancelSession: bool,
});
export type CancellationCapability = MessageOf<typeof CancellationCapability>;

export const ProgressCapability = message('macp.v1.ProgressCapability', pb.ProgressCapability, {
  progress: bool,
});
export type ProgressCapability = MessageOf<typeof ProgressCapability>;

export const ManifestCapability = message('macp.v1.ManifestCapability', pb.ManifestCapability, {
  getManifest: bool,
});
export type ManifestCapability = MessageOf<typeof ManifestCapability>;

export const ModeRegistryCapability = message('macp.v1.ModeRegistryCapability', pb.ModeRegistryCapability, {
  listModes: bool,
  listChanged: bool,
});
export type ModeRegistryCapability = MessageOf<typeof ModeRegistryCapability>;

export const RootsCapability = message('macp.v1.RootsCapability', pb.RootsCapability, {
  listRoots: bool,
  listChanged: bool,
});
export type RootsCapability = MessageOf<typeof RootsCapability>;

export const ExperimentalCapabilities = message('macp.v1.ExperimentalCapabilities', pb.ExperimentalCapabilities, {
  features: stringMap,
});
export type ExperimentalCapabilities = MessageOf<typeof ExperimentalCapabilities>;

export const Capabilities = message('macp.v1.Capabilities', pb.Capabilities, {
  sessions: nested(() => SessionsCapability),
  cancellation: nested(() => CancellationCapability),
  progress: nested(() => ProgressCapability),
  manifest: nested(() => ManifestCapability),
  modeRegistry: nested(() => ModeRegistryCapability),
  roots: nested(() => RootsCapability),
  policyRegistry: nested(() => PolicyRegistryCapability),
  experimental: nested(() => ExperimentalCapabilities),
});
export type Capabilities = MessageOf<typeof Capabilities>;

export const InitializeRequest = message('macp.v1.InitializeRequest', pb.InitializeRequest, {
  supportedProtocolVersions: strings,
  clientInfo: nested(() => ClientInfo),
  capabilities: nested(() => Capabilities),
});
export type InitializeRequest = MessageOf<typeof InitializeRequest>;

export const InitializeResponse = message('macp.v1.InitializeResponse', pb.InitializeResponse, {
  selectedProtocolVersion: string,
  runtimeInfo: nested(() => RuntimeInfo),
  capabilities: nested(() => Capabilities),
  supportedModes: strings,
  instructions: string,
});
export type InitializeResponse = MessageOf<typeof InitializeResponse>;
