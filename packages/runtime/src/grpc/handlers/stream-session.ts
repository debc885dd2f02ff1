import type { handleBidiStreamingCall } from '@grpc/grpc-js';
import type { StreamSessionRequest } from '@macp-agent/protocol';
import type { Caller } from '../../auth/identity.js';
import type { OutboundCall } from '../outbox.js';
import type { ServiceContext } from '../context.js';
import { openOutbound } from '../outbound.js';
import { SessionStream } from '../session-stream.js';

/** Envelopes that may wait for a slow reader. */
const STREAM_LIMIT = 256;

/** StreamSession: envelopes in, accepted envelopes and refusals out (runtime.md §9). */
export function streamSession(context: ServiceContext): handleBidiStreamingCall<StreamSessionRequest, Buffer> {
  return (call) =>
    openOutbound(context, call as unknown as OutboundCall, { limit: STREAM_LIMIT, what: 'envelopes' }, (outbox, caller) => {
      new SessionStream(context, call, outbox, caller as Caller).start();
    });
}
