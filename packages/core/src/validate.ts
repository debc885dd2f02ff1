import { isSessionId, MAX_PARTICIPANTS, MAX_TTL_MS } from '@macp-agent/protocol';
import type { SessionStartInput } from './envelope.js';
import { MacpSessionError } from './errors.js';

const RECOMMENDATIONS: ReadonlySet<string> = new Set(['APPROVE', 'REVIEW', 'BLOCK', 'REJECT']);
const VOTES: ReadonlySet<string> = new Set(['APPROVE', 'REJECT', 'ABSTAIN']);
const SEVERITIES: ReadonlySet<string> = new Set(['low', 'medium', 'high', 'critical']);

/** All throw MacpSessionError (INVALID_MESSAGE) before anything is sent; those of words return the canonical spelling. */

export function validateRequiredField(value: string | undefined, field: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw new MacpSessionError(`${field} must be non-empty`);
}

/** APPROVE, REJECT or ABSTAIN, in any case; returned in upper case. */
export function validateVote(vote: string): string {
  return oneOf(vote, VOTES, 'vote', String(vote).toUpperCase());
}

/** APPROVE, REVIEW, BLOCK or REJECT, in any case; returned in upper case. */
export function validateRecommendation(recommendation: string): string {
  return oneOf(recommendation, RECOMMENDATIONS, 'recommendation', String(recommendation).toUpperCase());
}

/** low, medium, high or critical, in any case; returned in lower case. */
export function validateSeverity(severity: string): string {
  return oneOf(severity, SEVERITIES, 'severity', String(severity).toLowerCase());
}

/** 0 to 1. */
export function validateConfidence(confidence: number): number {
  // NaN fails this comparison, so it is refused too.
  if (confidence >= 0 && confidence <= 1) return confidence;
  throw new MacpSessionError(`confidence must be between 0 and 1, got ${confidence}`);
}

/** A lower-case UUID version 4 or 7, or 22 to 128 base64url characters. */
export function validateSessionId(sessionId: string): string {
  if (isSessionId(sessionId)) return sessionId;
  throw new MacpSessionError(`session_id must be UUID v4/v7 or base64url (22+ chars), got: ${sessionId}`);
}

/** 1 to 86 400 000 ms. */
export function validateTtlMs(ttlMs: number): number {
  if (Number.isInteger(ttlMs) && ttlMs >= 1 && ttlMs <= MAX_TTL_MS) return ttlMs;
  throw new MacpSessionError(`ttlMs must be a whole number between 1 and ${MAX_TTL_MS}, got ${ttlMs}`);
}

/** A whole number, not negative; 0 = the default of the runtime. */
export function validateMaxSuspendMs(maxSuspendMs: number): number {
  if (Number.isSafeInteger(maxSuspendMs) && maxSuspendMs >= 0) return maxSuspendMs;
  throw new MacpSessionError(`maxSuspendMs must be a whole number that is not negative, got ${maxSuspendMs}`);
}

/** 1 to 1000. */
export function validateParticipantCount(count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= MAX_PARTICIPANTS) return count;
  throw new MacpSessionError(`participants must hold 1 to ${MAX_PARTICIPANTS} names, got ${count}`);
}

/** 1 to 1000 names, none blank, none twice. */
export function validateParticipants(participants: readonly string[]): readonly string[] {
  validateParticipantCount(Array.isArray(participants) ? participants.length : 0);
  const names = participants.map((participant) => validateRequiredField(participant, 'participant').trim());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new MacpSessionError(`participant ${twice} is named twice`);
  return participants;
}

/** A signal type is a non-empty name. */
export function validateSignalType(signalType: string): string {
  return validateRequiredField(signalType, 'signalType');
}

/** The checks of a SessionStart that every mode shares. */
export function validateSessionStart(start: SessionStartInput): void {
  validateParticipants(start.participants);
  validateTtlMs(start.ttlMs);
  if (start.maxSuspendMs !== undefined) validateMaxSuspendMs(start.maxSuspendMs);
  if (start.modeVersion !== undefined) validateRequiredField(start.modeVersion, 'modeVersion');
  if (start.configurationVersion !== undefined) validateRequiredField(start.configurationVersion, 'configurationVersion');
}

function oneOf(given: string, words: ReadonlySet<string>, field: string, canonical: string): string {
  if (words.has(canonical)) return canonical;
  throw new MacpSessionError(`${field} must be one of ${[...words].join(', ')}, got "${given}"`);
}
