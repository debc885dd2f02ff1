import type { TokenIdentity } from './authenticator.js';

/** A token list, or what is wrong with it: place and rule, never a token. */
export type TokenDocument =
  | { readonly ok: true; readonly identities: readonly TokenIdentity[]; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problem: string };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads the JSON of static bearer identities: a list of entries, or an object whose `tokens` holds it (runtime.md §3.2). */
export function parseTokenDocument(text: string): TokenDocument {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // The text of a syntax error quotes the input, and the input holds tokens.
    return bad('it is not JSON');
  }
  const entries = isObject(document) ? document['tokens'] : document;
  if (!Array.isArray(entries)) return bad('it must be a list of entries, or an object with the list "tokens"');
  const identities: TokenIdentity[] = [];
  const warnings: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const read = readEntry(entry);
    if (typeof read === 'string') return bad(`entry ${index}: ${read}`);
    if (read.token.includes('.')) warnings.push(`entry ${index} (${read.sender}): a token with a dot is taken for a JWT and cannot be used`);
    else identities.push(read);
  }
  return { ok: true, identities, warnings };
}

function readEntry(entry: unknown): TokenIdentity | string {
  if (!isObject(entry)) return 'it must be an object';
  const {
    token,
    sender,
    allowed_modes: modes,
    can_start_sessions: start,
    max_open_sessions: max,
    can_manage_mode_registry: manage,
    is_observer: observer,
  } = entry;
  if (typeof token !== 'string' || token === '') return '"token" must be a non-empty string';
  if (typeof sender !== 'string' || sender === '') return '"sender" must be a non-empty string';
  if (modes !== undefined && !(Array.isArray(modes) && modes.every((mode) => typeof mode === 'string'))) return '"allowed_modes" must be a list of strings';
  if (max !== undefined && max !== null && !(typeof max === 'number' && Number.isInteger(max) && max >= 0))
    return '"max_open_sessions" must be null or a whole number of at least 0';
  for (const [name, value] of Object.entries({ can_start_sessions: start, can_manage_mode_registry: manage, is_observer: observer })) {
    if (value !== undefined && typeof value !== 'boolean') return `"${name}" must be true or false`;
  }
  return {
    token,
    sender,
    allowedModes: modes as string[] | undefined,
    canStartSessions: start as boolean | undefined,
    maxOpenSessions: (max as number | null | undefined) ?? undefined,
    canManageModeRegistry: manage as boolean | undefined,
    isObserver: observer as boolean | undefined,
  };
}

function bad(problem: string): TokenDocument {
  return { ok: false, problem };
}
