import { MacpError } from '@macp-agent/protocol';
import { fingerprint, type RuntimeIdentity, type TokenMaps } from './load-token-maps.js';

/** What is to be said about a sender; the onboarding step that mends it stands in the text. */
export interface MapProblem {
  readonly level: 'error' | 'warning';
  readonly text: string;
}

/** One sender over both maps. */
export interface SenderRow {
  readonly sender: string;
  /** Never the tokens. */
  readonly fingerprints: readonly string[];
  /** What its newest entry allows; empty for a sender that the runtime does not know. */
  readonly rights: string;
  readonly problems: readonly MapProblem[];
}

/** Compares the two maps, sender by sender. Pure. */
export function checkTokenMaps({ identities, producer }: Pick<TokenMaps, 'identities' | 'producer'>): SenderRow[] {
  const senders = new Set([...identities.map(({ sender }) => sender), ...producer.keys()]);
  const shared = tokensOfSeveral(identities);
  return [...senders].map((sender) => {
    const own = identities.filter((identity) => identity.sender === sender);
    const used = producer.get(sender);
    return {
      sender,
      fingerprints: own.map(({ token }) => fingerprint(token)),
      rights: describeRights(own.at(-1)),
      problems: [...agreement(own, used), ...own.flatMap((identity) => problemsOf(identity, shared)), ...looksLike(sender, senders)],
    };
  });
}

/** What an identity may do, in words. */
export function describeRights(identity: RuntimeIdentity | undefined): string {
  if (identity === undefined) return '';
  const modes = identity.allowed_modes ?? [];
  return [
    identity.can_start_sessions === false ? 'may not start sessions' : 'may start sessions',
    `modes ${modes.length === 0 ? 'all' : modes.map((mode) => (mode === '' ? '"" (signals)' : mode)).join(', ')}`,
    ...(typeof identity.max_open_sessions === 'number' ? [`at most ${identity.max_open_sessions} open`] : []),
    ...(identity.can_manage_mode_registry === true ? ['manages registries'] : []),
    ...(identity.is_observer === true ? ['observer'] : []),
  ].join('; ');
}

/** Throws INVALID_OPTIONS for a token that stands twice in the runtime's map: of two entries the last would win silently. */
export function refuseDuplicates({ runtimeFile, identities }: Pick<TokenMaps, 'runtimeFile' | 'identities'>): void {
  for (const [token, senders] of tokensOfSeveral(identities)) {
    throw new MacpError(
      'INVALID_OPTIONS',
      `${runtimeFile} has one token in several entries (${fingerprint(token)}, of ${[...new Set(senders)].join(' and ')}); a runtime keeps the last one only. Nothing was written: give each entry a token of its own`,
      { context: { path: runtimeFile } },
    );
  }
}

/** The sender of the map that differs from this one only in what people overlook; undefined when there is none. */
export function lookAlike(sender: string, others: Iterable<string>): string | undefined {
  for (const other of others) if (other !== sender && bare(other) === bare(sender)) return other;
  return undefined;
}

function agreement(own: readonly RuntimeIdentity[], used: string | undefined): MapProblem[] {
  if (used === undefined) return [warning('not in the producer map (step 3): fine for an agent that brings its own token')];
  if (own.length === 0) return [error('in the producer map only: unknown to the runtime (step 2)')];
  if (!own.some(({ token }) => token === used)) return [error(`the producer uses ${fingerprint(used)}, which the runtime does not know (step 2)`)];
  return own.length > 1 ? [warning(`${own.length - 1} old token${own.length === 2 ? '' : 's'} still valid: macp tokens prune`)] : [];
}

function problemsOf({ token, allowed_modes: modes }: RuntimeIdentity, shared: ReadonlyMap<string, readonly string[]>): MapProblem[] {
  const problems: MapProblem[] = [];
  const senders = shared.get(token);
  if (senders !== undefined)
    problems.push(
      error(`the token ${fingerprint(token)} stands in ${senders.length} entries (${[...new Set(senders)].join(', ')}); the last one wins (step 2)`),
    );
  if (token.includes('.')) problems.push(error('its token contains a dot and would be taken for a JWT (step 2)'));
  if (modes?.length === 0) problems.push(warning('allowed_modes is empty: in this map that allows every mode, in a JWT none; leave it out to say all'));
  else if (modes !== undefined && !modes.includes('')) problems.push(warning('allowed_modes has no "": Signal and Progress are refused with FORBIDDEN'));
  return problems;
}

function looksLike(sender: string, senders: Iterable<string>): MapProblem[] {
  const other = lookAlike(sender, senders);
  return other === undefined ? [] : [warning(`looks like ${other}, which is another sender: one string must stand everywhere (step 1)`)];
}

/** Senders by token, for tokens that stand in more than one entry. */
function tokensOfSeveral(identities: readonly RuntimeIdentity[]): Map<string, string[]> {
  const senders = new Map<string, string[]>();
  for (const { token, sender } of identities) senders.set(token, [...(senders.get(token) ?? []), sender]);
  return new Map([...senders].filter(([, list]) => list.length > 1));
}

const bare = (sender: string): string =>
  sender
    .normalize('NFKC')
    .trim()
    .replace(/^agent:\/\//, '')
    .toLowerCase();
const error = (text: string): MapProblem => ({ level: 'error', text });
const warning = (text: string): MapProblem => ({ level: 'warning', text });
