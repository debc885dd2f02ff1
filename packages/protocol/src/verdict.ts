import type { ErrorCode } from './error-codes.js';

/** A refusal as a value: the kernel and the modes never throw for bad input. */
export interface Refusal {
  readonly accepted: false;
  readonly code: ErrorCode;
  readonly message: string;
  /** Why a policy denied; empty otherwise. */
  readonly reasons?: readonly string[];
}

/** Accepted, or refused with a code of the error table. */
export type Verdict = { readonly accepted: true } | Refusal;

/** The one accepting verdict. */
export const ACCEPTED: Verdict = { accepted: true };

/** A refusal; `reasons` are those of a policy. */
export function refuse(code: ErrorCode, message: string, reasons?: readonly string[]): Refusal {
  return reasons === undefined ? { accepted: false, code, message } : { accepted: false, code, message, reasons };
}
