import type { Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { healthService, runtimeService } from '@macp-agent/protocol/service';
import type { ServiceContext } from './context.js';
import * as discovery from './handlers/discovery.js';
import { healthHandlers } from './handlers/health.js';
import { initialize } from './handlers/initialize.js';
import * as policies from './handlers/policies.js';
import { send } from './handlers/send.js';
import * as sessions from './handlers/sessions.js';
import { streamSession } from './handlers/stream-session.js';
import * as watches from './handlers/watches.js';
import { unary, type UnaryHandler } from './unary.js';

type Definition = (typeof runtimeService)[keyof typeof runtimeService] | (typeof healthService)[keyof typeof healthService];

/** Adds the 24 RPCs of the runtime and the health check to a server. */
export function addServices(server: Server, context: ServiceContext): void {
  const one = <Q, R>(name: string, handler: UnaryHandler<Q, R>) => unary(context, name, handler);
  server.addService(serverDefinition(runtimeService), {
    Initialize: one('Initialize', initialize(context)),
    Send: one('Send', send(context)),
    StreamSession: streamSession(context),
    GetSession: one('GetSession', sessions.getSession(context)),
    CancelSession: one('CancelSession', sessions.controlSession(context, 'cancel')),
    SuspendSession: one('SuspendSession', sessions.controlSession(context, 'suspend')),
    ResumeSession: one('ResumeSession', sessions.controlSession(context, 'resume')),
    GetManifest: one('GetManifest', discovery.getManifest(context)),
    ListModes: one('ListModes', discovery.listModes(context)),
    WatchModeRegistry: watches.watchModeRegistry(context),
    ListRoots: one('ListRoots', discovery.listRoots()),
    WatchRoots: watches.watchRoots(context),
    ListExtModes: one('ListExtModes', discovery.listExtModes(context)),
    RegisterExtMode: one('RegisterExtMode', discovery.registerExtMode(context)),
    UnregisterExtMode: one('UnregisterExtMode', discovery.unregisterExtMode(context)),
    PromoteMode: one('PromoteMode', discovery.promoteMode(context)),
    WatchSignals: watches.watchSignals(context),
    ListSessions: one('ListSessions', sessions.listSessions(context)),
    WatchSessions: watches.watchSessions(context),
    RegisterPolicy: one('RegisterPolicy', policies.registerPolicy(context)),
    UnregisterPolicy: one('UnregisterPolicy', policies.unregisterPolicy(context)),
    GetPolicy: one('GetPolicy', policies.getPolicy(context)),
    ListPolicies: one('ListPolicies', policies.listPolicies(context)),
    WatchPolicies: watches.watchPolicies(context),
  } satisfies Record<keyof typeof runtimeService, unknown> as UntypedServiceImplementation);
  server.addService(serverDefinition(healthService), healthHandlers(context) as unknown as UntypedServiceImplementation);
}

/** The definitions with response streams that take frames as they are: a message is encoded once for all its readers. */
function serverDefinition(service: Readonly<Record<string, Definition>>): ServiceDefinition {
  const entries = Object.entries(service).map(([name, definition]) => {
    const responseSerialize = definition.responseStream ? (frame: Buffer) => frame : definition.responseSerialize;
    return [name, { ...definition, responseSerialize }];
  });
  return Object.fromEntries(entries) as ServiceDefinition;
}
