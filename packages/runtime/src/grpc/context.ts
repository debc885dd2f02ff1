import type { Metadata } from '@grpc/grpc-js';
import type { Authenticator } from '../auth/authenticator.js';
import type { Caller } from '../auth/identity.js';
import type { Clock } from '../clock.js';
import type { Hub } from '../hub/hub.js';
import type { Outbox } from './outbox.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Logger } from '../logger.js';
import { chain, type MaybePromise } from '../maybe-promise.js';
import type { Counters } from '../metrics/counters.js';
import type { ModeRegistry } from '../registry/mode-registry.js';
import type { PolicyRegistry } from '../registry/policy-registry.js';
import type { SessionVisibility } from '../runtime-options.js';
import { CallRefused } from './status.js';

/** What the handlers of all RPCs work with. */
export interface ServiceContext {
  readonly kernel: Kernel;
  readonly hub: Hub;
  readonly authenticator: Authenticator;
  readonly modes: ModeRegistry;
  readonly policies: PolicyRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: Counters;
  readonly maxPayloadBytes: number;
  /** Longest time from a unary request to its answer, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Open streams of one session, or of one watch. */
  readonly maxSubscribers: number;
  readonly watchPoliciesAuth: boolean;
  readonly sessionVisibility: SessionVisibility;
  /** Open streams, which a closing runtime ends. */
  readonly streams: Set<Outbox>;
}

export const NO_CREDENTIAL = 'UNAUTHENTICATED: the credential is missing or not known here; send authorization: Bearer <token>';

/** The caller of a unary RPC; throws CallRefused for none. */
export function requireCaller(context: ServiceContext, headers: Metadata): MaybePromise<Caller> {
  return chain(context.authenticator.authenticate(headers), (caller) => {
    if (caller === undefined) throw new CallRefused('UNAUTHENTICATED', NO_CREDENTIAL);
    return caller;
  });
}

/** The caller of an RPC that changes registries. */
export function requireManager(context: ServiceContext, headers: Metadata): MaybePromise<Caller> {
  return chain(requireCaller(context, headers), (caller) => {
    if (!caller.canManageModeRegistry) throw new CallRefused('PERMISSION_DENIED', `FORBIDDEN: ${caller.sender} may not manage the registries`);
    return caller;
  });
}
