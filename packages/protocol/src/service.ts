import * as discovery from './wire/discovery.js';
import * as handshake from './wire/handshake.js';
import { HealthCheckRequest, HealthCheckResponse } from './wire/health.js';
import type { WireMessage } from './wire/message.js';
import * as policy from './wire/policy.js';
import * as sessions from './wire/sessions.js';
import * as transport from './wire/transport.js';

/** One RPC in the form that @grpc/grpc-js takes for clients and servers alike. */
export interface MethodDefinition<Request, Response> {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: Request) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (value: Response) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

type Kind = 'unary' | 'server' | 'bidi';

function define<Q, R>(service: string, name: string, kind: Kind, request: WireMessage<Q>, response: WireMessage<R>): MethodDefinition<Q, R> {
  return {
    path: `/${service}/${name}`,
    requestStream: kind === 'bidi',
    responseStream: kind !== 'unary',
    requestSerialize: (value) => request.encode(value),
    requestDeserialize: (bytes) => request.decode(bytes),
    responseSerialize: (value) => response.encode(value),
    responseDeserialize: (bytes) => response.decode(bytes),
  };
}

/** Full name of the runtime service, for health checks and interceptors. */
export const RUNTIME_SERVICE_NAME = 'macp.v1.MACPRuntimeService';
const rpc = <Q, R>(name: string, kind: Kind, request: WireMessage<Q>, response: WireMessage<R>) => define(RUNTIME_SERVICE_NAME, name, kind, request, response);

/** The 24 RPCs of `macp.v1.MACPRuntimeService` (wire.md §8), by their names on the wire. */
export const runtimeService = {
  Initialize: rpc('Initialize', 'unary', handshake.InitializeRequest, handshake.InitializeResponse),
  Send: rpc('Send', 'unary', transport.SendRequest, transport.SendResponse),
  StreamSession: rpc('StreamSession', 'bidi', transport.StreamSessionRequest, transport.StreamSessionResponse),
  GetSession: rpc('GetSession', 'unary', sessions.GetSessionRequest, sessions.GetSessionResponse),
  CancelSession: rpc('CancelSession', 'unary', sessions.CancelSessionRequest, sessions.CancelSessionResponse),
  SuspendSession: rpc('SuspendSession', 'unary', sessions.SuspendSessionRequest, sessions.SuspendSessionResponse),
  ResumeSession: rpc('ResumeSession', 'unary', sessions.ResumeSessionRequest, sessions.ResumeSessionResponse),
  GetManifest: rpc('GetManifest', 'unary', discovery.GetManifestRequest, discovery.GetManifestResponse),
  ListModes: rpc('ListModes', 'unary', discovery.ListModesRequest, discovery.ListModesResponse),
  WatchModeRegistry: rpc('WatchModeRegistry', 'server', discovery.WatchModeRegistryRequest, discovery.WatchModeRegistryResponse),
  ListRoots: rpc('ListRoots', 'unary', discovery.ListRootsRequest, discovery.ListRootsResponse),
  WatchRoots: rpc('WatchRoots', 'server', discovery.WatchRootsRequest, discovery.WatchRootsResponse),
  ListExtModes: rpc('ListExtModes', 'unary', discovery.ListExtModesRequest, discovery.ListExtModesResponse),
  RegisterExtMode: rpc('RegisterExtMode', 'unary', discovery.RegisterExtModeRequest, discovery.RegisterExtModeResponse),
  UnregisterExtMode: rpc('UnregisterExtMode', 'unary', discovery.UnregisterExtModeRequest, discovery.UnregisterExtModeResponse),
  PromoteMode: rpc('PromoteMode', 'unary', discovery.PromoteModeRequest, discovery.PromoteModeResponse),
  WatchSignals: rpc('WatchSignals', 'server', transport.WatchSignalsRequest, transport.WatchSignalsResponse),
  ListSessions: rpc('ListSessions', 'unary', sessions.ListSessionsRequest, sessions.ListSessionsResponse),
  WatchSessions: rpc('WatchSessions', 'server', sessions.WatchSessionsRequest, sessions.WatchSessionsResponse),
  RegisterPolicy: rpc('RegisterPolicy', 'unary', policy.RegisterPolicyRequest, policy.RegisterPolicyResponse),
  UnregisterPolicy: rpc('UnregisterPolicy', 'unary', policy.UnregisterPolicyRequest, policy.UnregisterPolicyResponse),
  GetPolicy: rpc('GetPolicy', 'unary', policy.GetPolicyRequest, policy.GetPolicyResponse),
  ListPolicies: rpc('ListPolicies', 'unary', policy.ListPoliciesRequest, policy.ListPoliciesResponse),
  WatchPolicies: rpc('WatchPolicies', 'server', policy.WatchPoliciesRequest, policy.WatchPoliciesResponse),
} as const;

/** `grpc.health.v1.Health`, served beside the runtime service (runtime.md §1.4). */
export const healthService = {
  Check: define('grpc.health.v1.Health', 'Check', 'unary', HealthCheckRequest, HealthCheckResponse),
  Watch: define('grpc.health.v1.Health', 'Watch', 'server', HealthCheckRequest, HealthCheckResponse),
} as const;
