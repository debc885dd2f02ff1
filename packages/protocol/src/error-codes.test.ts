import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, isErrorCode, type ErrorCode } from './error-codes.js';
import { isMacpError, MacpError } from './macp-error.js';

const rows = Object.entries(ERROR_CODES);

describe('error table', () => {
  it.each(rows)('%s says what happened and what to do', (_code, row) => {
    expect(row.meaning).toMatch(/^[A-Z].*\.$/);
    expect(row.fix).toMatch(/^[A-Z].*\.$/);
    expect(row.grpcStatus).toBeGreaterThanOrEqual(1);
    expect(row.grpcStatus).toBeLessThanOrEqual(16);
    expect(row.httpStatus).toBeGreaterThanOrEqual(400);
  });

  it('has every registered code of the protocol as a wire code', () => {
    const registered: ErrorCode[] = [
      'UNAUTHENTICATED',
      'FORBIDDEN',
      'SESSION_NOT_FOUND',
      'SESSION_NOT_OPEN',
      'DUPLICATE_MESSAGE',
      'SESSION_ALREADY_EXISTS',
      'INVALID_ENVELOPE',
      'UNSUPPORTED_PROTOCOL_VERSION',
      'MODE_NOT_SUPPORTED',
      'PAYLOAD_TOO_LARGE',
      'RATE_LIMITED',
      'INVALID_SESSION_ID',
      'INTERNAL_ERROR',
      'UNKNOWN_POLICY_VERSION',
      'POLICY_DENIED',
      'INVALID_POLICY_DEFINITION',
      'HISTORY_UNAVAILABLE',
    ];
    expect(
      rows
        .filter(([, row]) => row.family === 'wire')
        .map(([code]) => code)
        .sort(),
    ).toEqual([...registered].sort());
  });

  it('is what the reference page shows', () => {
    const page = readFileSync(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8');
    const headings = [...page.matchAll(/^### `([A-Z_]+)`$/gm)].map(([, code]) => code);
    expect(headings).toEqual(rows.map(([code]) => code));
  });

  it('tells known codes from others', () => {
    expect(isErrorCode('FORBIDDEN')).toBe(true);
    expect(isErrorCode('UNAUTHORIZED')).toBe(false);
    expect(isErrorCode('constructor')).toBe(false);
  });
});

describe('MacpError', () => {
  it('keeps code, context and cause, and is known across copies of this package', () => {
    const cause = new Error('socket');
    const error = new MacpError('UNAVAILABLE', 'sending m-1: no connection', { cause, context: { messageId: 'm-1' } });
    expect(error).toMatchObject({ name: 'MacpError', code: 'UNAVAILABLE', retryable: true, cause, context: { messageId: 'm-1' } });
    expect(isMacpError(error)).toBe(true);
    expect(isMacpError(new Error('other'))).toBe(false);
    expect(isMacpError({ [Symbol.for('@macp-agent/error')]: true })).toBe(true);
  });
});
