import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { GrpcStatus } from '@macp-agent/protocol';
import { describe, expect, it } from 'vitest';
import { fromServiceError, grpcStatusName, refusalCode } from './status.js';

const failure = (code: number, details: string): ServiceError => Object.assign(new Error(details), { code, details, metadata: new Metadata() });
const facts = { what: 'GetSession of s1', address: '127.0.0.1:1', context: { sessionId: 's1' } };

describe('errors of the transport', () => {
  it.each([
    [GrpcStatus.UNAUTHENTICATED, '', 'UNAUTHENTICATED'],
    [GrpcStatus.PERMISSION_DENIED, '', 'FORBIDDEN'],
    [GrpcStatus.PERMISSION_DENIED, 'POLICY_DENIED: not now', 'POLICY_DENIED'],
    [GrpcStatus.NOT_FOUND, "Session 's1' not found", 'SESSION_NOT_FOUND'],
    [GrpcStatus.ALREADY_EXISTS, 'SessionAlreadyExists', 'SESSION_ALREADY_EXISTS'],
    [GrpcStatus.INVALID_ARGUMENT, 'InvalidSessionId', 'INVALID_SESSION_ID'],
    [GrpcStatus.INVALID_ARGUMENT, 'SESSION_NOT_OPEN', 'SESSION_NOT_OPEN'],
    [GrpcStatus.INVALID_ARGUMENT, 'INVALID_REQUEST: empty', 'INVALID_ENVELOPE'],
    [GrpcStatus.INVALID_ARGUMENT, 'InvalidPolicyDefinition', 'INVALID_POLICY_DEFINITION'],
    [GrpcStatus.FAILED_PRECONDITION, 'UNSUPPORTED_PROTOCOL_VERSION: 1.0', 'UNSUPPORTED_PROTOCOL_VERSION'],
    [GrpcStatus.FAILED_PRECONDITION, 'HISTORY_UNAVAILABLE', 'HISTORY_UNAVAILABLE'],
    [GrpcStatus.FAILED_PRECONDITION, 'session history before ordinal 3 was compacted; resume with after_sequence >= 3', 'HISTORY_UNAVAILABLE'],
    [GrpcStatus.FAILED_PRECONDITION, 'something else', 'TRANSPORT'],
    [GrpcStatus.RESOURCE_EXHAUSTED, 'slow down', 'RATE_LIMITED'],
    [GrpcStatus.RESOURCE_EXHAUSTED, 'PayloadTooLarge', 'PAYLOAD_TOO_LARGE'],
    [GrpcStatus.RESOURCE_EXHAUSTED, 'Received message larger than max', 'PAYLOAD_TOO_LARGE'],
    [GrpcStatus.UNAVAILABLE, 'connect ECONNREFUSED', 'UNAVAILABLE'],
    [GrpcStatus.CANCELLED, 'Call cancelled', 'UNAVAILABLE'],
    [GrpcStatus.INTERNAL, 'StorageFailed', 'INTERNAL_ERROR'],
    [GrpcStatus.INTERNAL, 'Received RST_STREAM with code 2 triggered by internal client error: write EPIPE', 'UNAVAILABLE'],
    [GrpcStatus.DEADLINE_EXCEEDED, 'Deadline exceeded', 'TIMEOUT'],
    [GrpcStatus.UNIMPLEMENTED, 'unknown method', 'TRANSPORT'],
  ])('%i "%s" is %s, with its cause', (status, details, code) => {
    const cause = failure(status, details);
    const error = fromServiceError(cause, facts);
    expect(error).toMatchObject({ code, grpcStatus: grpcStatusName(status), cause, context: { sessionId: 's1' } });
    expect(error.message).toContain('GetSession of s1 at 127.0.0.1:1 failed');
  });

  it('take NOT_FOUND for what the call says', () => {
    expect(fromServiceError(failure(GrpcStatus.NOT_FOUND, 'no'), { ...facts, notFound: 'UNKNOWN_POLICY_VERSION' }).code).toBe('UNKNOWN_POLICY_VERSION');
  });
});

describe('in-stream refusals', () => {
  it.each([
    ['FORBIDDEN', 'not for you', 'FORBIDDEN'],
    ['DUPLICATE_MESSAGE', 'accepted before', 'DUPLICATE_MESSAGE'],
    ['FORBIDDEN: caller is not a declared participant', '', 'FORBIDDEN'],
    ['InvalidMacpVersion', '', 'UNSUPPORTED_PROTOCOL_VERSION'],
    ['InvalidPayload', '', 'INVALID_ENVELOPE'],
    ['InvalidTtl', '', 'INVALID_ENVELOPE'],
    ['InvalidModeState', '', 'INVALID_ENVELOPE'],
    ['SessionNotOpen', '', 'SESSION_NOT_OPEN'],
    ['TtlExpired', '', 'SESSION_NOT_OPEN'],
    ['UnknownSession', '', 'SESSION_NOT_FOUND'],
    ['UnknownMode', '', 'MODE_NOT_SUPPORTED'],
    ['UnknownPolicyVersion', '', 'UNKNOWN_POLICY_VERSION'],
    ['PolicyDenied: quorum; veto', '', 'POLICY_DENIED'],
    ['history before ordinal 7 is compacted', 'history before ordinal 7 is compacted', 'HISTORY_UNAVAILABLE'],
    ['something new', '', 'TRANSPORT'],
  ])('"%s" is %s in every spelling', (code, message, expected) => {
    expect(refusalCode(code, message)).toBe(expected);
  });
});
