import { isJsonObject, type JsonObject } from '../json-value.js';

/** What a message says, in one line for people. Takes the decoded payload; pure. */
export function describeMessage(messageType: string, payload: unknown): string {
  if (!isJsonObject(payload) || payload instanceof Uint8Array) return '';
  const describe = Object.hasOwn(DESCRIBE, messageType) ? DESCRIBE[messageType] : undefined;
  return (describe ?? fields)(payload);
}

const DESCRIBE: Readonly<Record<string, (payload: JsonObject) => string>> = {
  SessionStart: (p) =>
    because(
      [
        `policy ${text(p['policyVersion']) || 'policy.default'}`,
        `${Array.isArray(p['participants']) ? p['participants'].length : 0} participants`,
        `ttl ${seconds(p['ttlMs'])}`,
      ].join(', '),
      p['intent'],
    ),
  Proposal: (p) => because(`${text(p['proposalId'])} ${text(p['option'])}`.trim(), p['rationale']),
  Evaluation: (p) => because(`${text(p['recommendation'])} ${confidence(p['confidence'])}`, p['reason']),
  Objection: (p) => because(text(p['severity']), p['reason']),
  Vote: (p) => because(text(p['vote']), p['reason']),
  Commitment: (p) =>
    because(
      `${text(p['action'])} (${p['outcomePositive'] === true ? 'positive' : 'negative'}) under ${text(p['policyVersion']) || 'policy.default'}`,
      p['reason'],
    ),
};

/** The short members of any other payload. */
function fields(payload: JsonObject): string {
  return Object.entries(payload)
    .filter(([, value]) => (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'boolean')
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ');
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const because = (what: string, reason: unknown): string => (text(reason) === '' ? what : `${what} — ${text(reason)}`);
const confidence = (value: unknown): string => (typeof value === 'number' ? String(Math.round(value * 100) / 100) : '');
const seconds = (value: unknown): string => (typeof value === 'number' ? `${Math.round(value / 100) / 10} s` : '');
