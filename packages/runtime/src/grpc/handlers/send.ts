import type { Metadata } from '@grpc/grpc-js';
import { checkEnvelope, refuse, type Ack, type Envelope, type SendRequest } from '@macp-agent/protocol';
import type { Outcome } from '../../kernel/outcome.js';
import { chain, type MaybePromise } from '../../maybe-promise.js';
import { NO_CREDENTIAL, type ServiceContext } from '../context.js';
import { CallRefused } from '../status.js';
import type { UnaryHandler } from '../unary.js';
import { toAck } from './ack.js';

/** Send: every refusal is an Ack; only a request without an envelope fails as a call (runtime.md §4). */
export function send(context: ServiceContext): UnaryHandler<SendRequest, { ack: Ack }> {
  return ({ envelope }, headers) => {
    if (envelope === undefined) throw new CallRefused('INVALID_ARGUMENT', 'INVALID_ENVELOPE: the request has no envelope');
    return chain(judge(context, envelope, headers), (outcome) => {
      if (!outcome.accepted) reportRefusal(context, envelope, outcome.code, outcome.message);
      return { ack: toAck(outcome, envelope.sessionId, envelope.messageId, context.clock.nowUnixMs()) };
    });
  };
}

function judge(context: ServiceContext, envelope: Envelope, headers: Metadata): MaybePromise<Outcome> {
  const shape = checkEnvelope(envelope, context.maxPayloadBytes);
  if (!shape.accepted) return shape;
  return chain(context.authenticator.authenticate(headers), (caller): MaybePromise<Outcome> => {
    return caller === undefined ? refuse('UNAUTHENTICATED', NO_CREDENTIAL) : context.kernel.accept(envelope, caller);
  });
}

function reportRefusal({ counters, logger }: ServiceContext, envelope: Envelope, code: string, message: string): void {
  if (envelope.sessionId !== '') counters.add('macp_messages_rejected_total', envelope.mode);
  logger.debug(`refused ${envelope.messageType} session_id=${envelope.sessionId} code=${code}: ${message}`);
}
