import { GrpcStatus } from '@macp-agent/protocol';

/** A gRPC failure of a call, as grpc-js takes it. */
export interface CallFailure {
  readonly code: number;
  readonly details: string;
}

/** Status texts travel in an HTTP/2 header, whose block has a limit. */
const MAX_DETAILS = 1000;

export type StatusName = keyof typeof GrpcStatus;

/** A failure whose text may quote what a client sent: well-formed for the header's encoding, and short. */
export function failure(status: StatusName, details: string): CallFailure {
  return { code: GrpcStatus[status], details: Buffer.from(details.slice(0, MAX_DETAILS)).toString() };
}

/** A stream over the limit of a session or watch: the number of readers is the only memory that strangers can take. */
export function tooManySubscribers(what: string, limit: number): CallFailure {
  return failure('RESOURCE_EXHAUSTED', `RATE_LIMITED: ${what} has its limit of ${limit} streams; close one or try again later`);
}

/** Thrown inside a unary handler to fail its call. */
export class CallRefused extends Error {
  readonly failure: CallFailure;

  constructor(status: StatusName, details: string) {
    super(details);
    this.name = 'CallRefused';
    this.failure = failure(status, details);
  }
}
