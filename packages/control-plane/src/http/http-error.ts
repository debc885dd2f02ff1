import { ERROR_CODES, isMacpError, type MacpError } from '@macp-agent/protocol';

/** An error with the words that existing clients of the HTTP API branch on. */
export class HttpError extends Error {
  readonly statusCode: number;
  readonly errorCode: string;

  constructor(statusCode: number, errorCode: string, message: string) {
    super(message);
    this.name = 'HttpError';
    this.statusCode = statusCode;
    this.errorCode = errorCode;
  }
}

/** Body of every error answer. */
export interface ErrorBody {
  readonly statusCode: number;
  readonly errorCode: string;
  readonly message: string;
  readonly problems?: readonly string[];
}

/** Words of the API for codes of ours that have another name there. */
const API_CODES: Partial<Record<MacpError['code'], string>> = {
  UNAVAILABLE: 'RUNTIME_UNAVAILABLE',
  RETRIES_EXHAUSTED: 'RUNTIME_UNAVAILABLE',
  TRANSPORT: 'RUNTIME_UNAVAILABLE',
  TIMEOUT: 'RUNTIME_TIMEOUT',
};

/** The answer for an error; undefined for one that is a defect of ours. */
export function toErrorBody(error: unknown): ErrorBody | undefined {
  if (error instanceof HttpError) return { statusCode: error.statusCode, errorCode: error.errorCode, message: error.message };
  if (isMacpError(error)) return { statusCode: ERROR_CODES[error.code].httpStatus, errorCode: API_CODES[error.code] ?? error.code, message: error.message };
  return undefined;
}

export function runNotFound(runId: string): HttpError {
  return new HttpError(404, 'RUN_NOT_FOUND', `the run ${runId} is not known; list runs with GET /runs`);
}
