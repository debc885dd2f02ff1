import type { AgentManifest, ModeDescriptor, PartialFields, Root } from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';
import { requireAuth } from '../auth.js';
import type { CallOptions } from '../call-options.js';
import { MacpSessionError } from '../errors.js';
import type { Connection } from '../rpc/connection.js';
import type { RegistryAnswer } from './policies.js';

export function listModes(connection: Connection, options: CallOptions): Promise<{ modes: ModeDescriptor[] }> {
  return connection.unary(runtimeService.ListModes, {}, options, { what: 'ListModes', repeatable: true });
}

export function listExtModes(connection: Connection, options: CallOptions): Promise<{ modes: ModeDescriptor[] }> {
  return connection.unary(runtimeService.ListExtModes, {}, options, { what: 'ListExtModes', repeatable: true });
}

export function registerExtMode(connection: Connection, descriptor: PartialFields<ModeDescriptor>, options: CallOptions): Promise<RegistryAnswer> {
  requireAuth(options.auth ?? connection.auth);
  if (descriptor.terminalMessageTypes?.includes('Commitment') !== true) {
    throw new MacpSessionError(`mode ${descriptor.mode ?? ''} must name Commitment in terminalMessageTypes: every session ends with one`);
  }
  const what = `RegisterExtMode ${descriptor.mode ?? ''}`;
  return connection.unary(runtimeService.RegisterExtMode, { modeDescriptor: descriptor as ModeDescriptor }, options, { what, repeatable: false });
}

export function unregisterExtMode(connection: Connection, mode: string, options: CallOptions): Promise<RegistryAnswer> {
  requireAuth(options.auth ?? connection.auth);
  return connection.unary(runtimeService.UnregisterExtMode, { mode }, options, { what: `UnregisterExtMode ${mode}`, repeatable: false });
}

export function promoteMode(connection: Connection, mode: string, promotedModeName: string, options: CallOptions): Promise<RegistryAnswer & { mode: string }> {
  requireAuth(options.auth ?? connection.auth);
  return connection.unary(runtimeService.PromoteMode, { mode, promotedModeName }, options, { what: `PromoteMode ${mode}`, repeatable: false });
}

export function getManifest(connection: Connection, agentId: string, options: CallOptions): Promise<{ manifest?: AgentManifest | undefined }> {
  return connection.unary(runtimeService.GetManifest, { agentId }, options, { what: `GetManifest ${agentId}`, repeatable: true, notFound: 'TRANSPORT' });
}

export function listRoots(connection: Connection, options: CallOptions): Promise<{ roots: Root[] }> {
  return connection.unary(runtimeService.ListRoots, {}, options, { what: 'ListRoots', repeatable: true });
}
