import type { handleServerStreamingCall, handleUnaryCall } from '@grpc/grpc-js';
import { healthService, RUNTIME_SERVICE_NAME } from '@macp-agent/protocol/service';
import { Outbox, type OutboundCall } from '../outbox.js';
import type { ServiceContext } from '../context.js';
import { CallRefused, tooManySubscribers } from '../status.js';
import { unary } from '../unary.js';

interface HealthRequest {
  service: string;
}
interface HealthResponse {
  status: 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
}

const isKnown = (service: string): boolean => service === '' || service === RUNTIME_SERVICE_NAME;

/** `grpc.health.v1.Health`: serving while it answers, without credential (runtime.md §1.4). */
export function healthHandlers(context: ServiceContext): {
  readonly Check: handleUnaryCall<HealthRequest, HealthResponse>;
  readonly Watch: handleServerStreamingCall<HealthRequest, Buffer>;
} {
  return {
    Check: unary(context, 'Check', ({ service }) => {
      if (!isKnown(service)) throw new CallRefused('NOT_FOUND', `no service ${service} here`);
      return { status: 'SERVING' };
    }),
    Watch: (call) => {
      const outbox = new Outbox(call as OutboundCall, { clock: context.clock, limit: 1, what: 'states' });
      if (context.hub.health.size >= context.maxSubscribers) {
        outbox.fail(tooManySubscribers('Health.Watch', context.maxSubscribers));
        return;
      }
      const subscriber = { deliver: (frame: Buffer) => outbox.push(frame) };
      context.hub.health.add(subscriber);
      context.streams.add(outbox);
      outbox.onClose(() => {
        context.hub.health.delete(subscriber);
        context.streams.delete(outbox);
      });
      outbox.push(healthService.Watch.responseSerialize({ status: isKnown(call.request.service) ? 'SERVING' : 'SERVICE_UNKNOWN' }));
    },
  };
}
