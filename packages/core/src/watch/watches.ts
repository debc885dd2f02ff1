import type { Envelope, PolicyDescriptor, SessionLifecycleEvent } from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';
import { requireAuth, type AuthConfig } from '../auth.js';
import { readCallOptions } from '../call-options.js';
import type { Connection } from '../rpc/connection.js';

/** A watch has no time limit: it ends with its signal, when its reader leaves, or when the runtime ends it. */
export interface WatchOptions {
  readonly auth?: AuthConfig | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** All policies, as they were at this time. */
export interface PoliciesChange {
  readonly descriptors: PolicyDescriptor[];
  readonly observedAtUnixMs: number;
}

/** Which registry changed, and when. */
export interface RegistryChange {
  readonly registry: string;
  readonly observedAtUnixMs: number;
}

/** When the roots changed. */
export interface RootsChange {
  readonly observedAtUnixMs: number;
}

type Given = WatchOptions | AuthConfig | undefined;

export async function* watchSessions(connection: Connection, given: Given): AsyncGenerator<SessionLifecycleEvent, void, undefined> {
  const options = authenticated(connection, given);
  for await (const { event } of connection.serverStream(runtimeService.WatchSessions, {}, options, 'WatchSessions')) if (event !== undefined) yield event;
}

export async function* watchPolicies(connection: Connection, given: Given): AsyncGenerator<PoliciesChange, void, undefined> {
  yield* connection.serverStream(runtimeService.WatchPolicies, {}, readCallOptions(given), 'WatchPolicies');
}

export async function* watchModeRegistry(connection: Connection, given: Given): AsyncGenerator<RegistryChange, void, undefined> {
  for await (const { change } of connection.serverStream(runtimeService.WatchModeRegistry, {}, readCallOptions(given), 'WatchModeRegistry')) {
    if (change !== undefined) yield change;
  }
}

export async function* watchRoots(connection: Connection, given: Given): AsyncGenerator<RootsChange, void, undefined> {
  for await (const { change } of connection.serverStream(runtimeService.WatchRoots, {}, readCallOptions(given), 'WatchRoots'))
    if (change !== undefined) yield change;
}

export async function* watchSignals(connection: Connection, given: Given): AsyncGenerator<Envelope, void, undefined> {
  const options = authenticated(connection, given);
  for await (const { envelope } of connection.serverStream(runtimeService.WatchSignals, {}, options, 'WatchSignals'))
    if (envelope !== undefined) yield envelope;
}

function authenticated(connection: Connection, given: Given): WatchOptions {
  const options = readCallOptions(given);
  requireAuth(options.auth ?? connection.auth);
  return options;
}
