import { Metadata } from '@grpc/grpc-js';
import type { Caller } from '../auth/identity.js';
import { Outbox, type OutboundCall } from './outbox.js';
import { NO_CREDENTIAL, type ServiceContext } from './context.js';
import { failure } from './status.js';

/**
 * Opens the server's side of a stream: a refused caller gets trailers only, an admitted one its headers at once, before
 * the first message (runtime.md §22).
 */
export function openOutbound(
  context: ServiceContext,
  call: OutboundCall,
  options: { readonly limit: number; readonly what: string; readonly anonymous?: boolean },
  begin: (outbox: Outbox, caller: Caller | undefined) => void,
): void {
  const outbox = new Outbox(call, { clock: context.clock, limit: options.limit, what: options.what });
  context.streams.add(outbox);
  outbox.onClose(() => context.streams.delete(outbox));
  const admit = (caller: Caller | undefined): void => {
    if (outbox.ended) return;
    call.sendMetadata(new Metadata());
    begin(outbox, caller);
  };
  if (options.anonymous === true) {
    admit(undefined);
    return;
  }
  const decide = (caller: Caller | undefined): void => {
    if (caller === undefined) outbox.fail(failure('UNAUTHENTICATED', NO_CREDENTIAL));
    else admit(caller);
  };
  const found = context.authenticator.authenticate(call.metadata);
  if (!(found instanceof Promise)) {
    decide(found);
    return;
  }
  found.then(decide).catch((error: unknown) => {
    context.logger.error(`a stream of ${options.what} could not be opened`, { err: error });
    outbox.fail(failure('INTERNAL', 'INTERNAL_ERROR: the stream failed in the runtime; open another'));
  });
}
