import { ERROR_CODES, type ErrorCode } from './error-codes.js';

/** Ids that say what an error is about; never tokens or payloads. */
export interface ErrorContext {
  readonly sessionId?: string;
  readonly messageId?: string;
  readonly sender?: string;
  readonly runId?: string;
  readonly path?: string;
}

const BRAND = Symbol.for('@macp-agent/error');

/**
 * The one error of this project. Callers branch on `code`; `message` is for people and says what was tried,
 * on which id, and what to do next; `cause` is the error it came from.
 */
export class MacpError extends Error {
  readonly code: ErrorCode;
  readonly context: ErrorContext;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; context?: ErrorContext } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.context = options.context ?? {};
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Whether the same message, with the same id, may be sent again. */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

/** True for a MacpError of any copy of this package. */
export function isMacpError(error: unknown): error is MacpError {
  return typeof error === 'object' && error !== null && BRAND in error;
}

/** One line for logs and people: `CODE: message`, with the code once, even where the message begins with it. Other errors: their message. */
export function describeError(error: unknown): string {
  if (isMacpError(error)) return `${error.code}: ${withoutCode(error.code, error.message)}`;
  return error instanceof Error ? error.message : String(error);
}

/** A message without the code in front of it: a runtime, or an error that was wrapped, may have put it there already. */
export function withoutCode(code: string, message: string): string {
  const prefix = `${code}: `;
  if (code === '') return message;
  let rest = message;
  while (rest.startsWith(prefix)) rest = rest.slice(prefix.length);
  return rest;
}
