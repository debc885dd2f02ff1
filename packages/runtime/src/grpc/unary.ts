import type { handleUnaryCall, Metadata } from '@grpc/grpc-js';
import type { MaybePromise } from '../maybe-promise.js';
import type { ServiceContext } from './context.js';
import { CallRefused, failure, type CallFailure } from './status.js';

/** Answers one request; throws CallRefused to fail the call. */
export type UnaryHandler<Request, Response> = (request: Request, headers: Metadata) => MaybePromise<Response>;

/** A handler as grpc-js takes it: answered in the same turn when nothing has to be waited for, within the time limit otherwise. */
export function unary<Request, Response>(context: ServiceContext, name: string, handler: UnaryHandler<Request, Response>): handleUnaryCall<Request, Response> {
  const toFailure = (error: unknown): CallFailure => {
    if (error instanceof CallRefused) return error.failure;
    context.logger.error(`${name} failed`, { err: error });
    return failure('INTERNAL', `${name} failed in the runtime; see its log`);
  };
  return (call, callback) => {
    let answer: MaybePromise<Response>;
    try {
      answer = handler(call.request, call.metadata);
    } catch (error) {
      callback(toFailure(error));
      return;
    }
    if (!(answer instanceof Promise)) {
      callback(null, answer);
      return;
    }
    let open = true;
    const settle = (refused: CallFailure | null, value?: Response): void => {
      if (!open) return;
      open = false;
      cancelTimeout();
      callback(refused, value);
    };
    const cancelTimeout = context.clock.after(context.requestTimeoutMs, () =>
      settle(failure('DEADLINE_EXCEEDED', `${name} took longer than ${context.requestTimeoutMs} ms; send it again`)),
    );
    answer.then(
      (value) => settle(null, value),
      (error: unknown) => settle(toFailure(error)),
    );
  };
}
