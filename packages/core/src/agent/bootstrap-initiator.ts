import {
  checkSessionStart,
  encodePayload,
  findMode,
  MACP_VERSION,
  MAX_TTL_MS,
  openSession,
  SessionStartPayload,
  type Envelope,
  type Mode,
  type Root,
  type SessionView,
} from '@macp-agent/protocol';
import { isJsonObject, type BootstrapDocument } from './bootstrap-document.js';
import { FIELDS, START_PATHS } from './bootstrap-fields.js';
import { extensionBytes, fromBase64, readKickoffPayload, type KickoffPayload } from './kickoff-payload.js';

/** What the initiator puts into SessionStart; `session.start` takes it as it stands. */
export interface SessionStartBootstrap {
  readonly intent: string;
  readonly participants: string[];
  readonly ttlMs: number;
  readonly maxSuspendMs?: number;
  readonly modeVersion: string;
  readonly configurationVersion: string;
  readonly policyVersion: string;
  readonly contextId?: string;
  readonly extensions?: Record<string, Uint8Array>;
  readonly roots?: Root[];
}

/** The first mode message, sent right after SessionStart is accepted. */
export interface KickoffBootstrap {
  readonly messageType: string;
  readonly payload: KickoffPayload;
  /** The same payload as it travels. */
  readonly bytes: Uint8Array;
}

/** What the agent that starts the session sends first. */
export interface InitiatorBootstrap {
  readonly sessionStart: SessionStartBootstrap;
  readonly kickoff?: KickoffBootstrap;
}

/** What the rest of the document says and the start depends on. */
export interface StartFacts {
  readonly sessionId: string;
  readonly participantId: string;
  readonly mode: string;
  readonly participants: readonly string[];
  readonly modeVersion: string;
  readonly configurationVersion: string;
  readonly policyVersion: string;
}

export const DEFAULT_TTL_MS = 300_000;
/** Extension under which an old `context` object travels; the wire has no field for it. */
export const LEGACY_CONTEXT_EXTENSION = 'macp.legacy.context';

/** How the block is written. */
export const START_FIX =
  'write {"sessionStart": {"intent": ..., "participants": [...], "ttlMs": ..., "policyVersion": ...}, "kickoff": {"messageType": ..., "payload": {...}}} ' +
  '(variable MACP_INITIATOR_JSON when there is no document)';

/** The initiator part of a document; undefined for everyone else. Problems go to the document. */
export function readInitiator(document: BootstrapDocument, facts: StartFacts, required: boolean): InitiatorBootstrap | undefined {
  const initiator = document.root['initiator'];
  if (initiator === undefined || initiator === null) {
    if (required)
      document.problem(
        { path: 'initiator', step: 'producer', fix: `${START_FIX}, or start the program of an agent that joins.` },
        'is required: this program opens the session',
        initiator,
      );
    if (document.find(FIELDS.kickoff) !== undefined) document.warn('a kickoff without an initiator block is ignored: only the initiator sends it');
    return undefined;
  }
  const start = isJsonObject(initiator)
    ? START_PATHS.map((path) => initiator[path.slice('initiator.'.length)]).find((value) => value !== undefined)
    : undefined;
  if (!isJsonObject(start)) {
    return document.problem(
      { path: 'initiator.sessionStart', step: 'producer', fix: `${START_FIX}, or leave initiator out.` },
      'is required inside initiator',
      start,
    );
  }
  const sessionStart = readSessionStart(document, facts);
  const before = document.problems.length;
  const session = simulateStart(document, facts, sessionStart);
  const kickoff = readKickoff(document, facts);
  if (kickoff !== undefined && session !== undefined && document.problems.length === before) checkKickoff(document, facts, session, kickoff);
  return { sessionStart, ...(kickoff !== undefined && { kickoff }) };
}

function readSessionStart(document: BootstrapDocument, facts: StartFacts): SessionStartBootstrap {
  const intent = document.string(FIELDS.intent);
  if (intent === undefined) document.problem(FIELDS.intent, 'is required', undefined);
  if (intent === '') document.warn('initiator.sessionStart.intent is empty; say what the session decides');
  const before = document.problems.length;
  let ttlMs = document.integer(FIELDS.ttlMs, 1, MAX_TTL_MS);
  if (ttlMs === undefined) {
    ttlMs = DEFAULT_TTL_MS;
    if (document.problems.length === before) document.warn(`initiator.sessionStart.ttlMs is not given; ${DEFAULT_TTL_MS} ms is used`);
  }
  const maxSuspendMs = document.integer(FIELDS.maxSuspendMs, 0, Number.MAX_SAFE_INTEGER);
  const contextId = document.optional(FIELDS.contextId);
  const extensions = { ...readExtensions(document), ...readContext(document) };
  const roots = readRoots(document);
  return {
    intent: intent ?? '',
    participants: [...facts.participants],
    ttlMs,
    modeVersion: facts.modeVersion,
    configurationVersion: facts.configurationVersion,
    policyVersion: facts.policyVersion,
    ...(maxSuspendMs !== undefined && maxSuspendMs > 0 && { maxSuspendMs }),
    ...(contextId !== undefined && { contextId }),
    ...(Object.keys(extensions).length > 0 && { extensions }),
    ...(roots !== undefined && { roots }),
  };
}

function readExtensions(document: BootstrapDocument): Record<string, Uint8Array> {
  const extensions: Record<string, Uint8Array> = {};
  for (const [key, value] of Object.entries(document.object(FIELDS.extensions) ?? {})) {
    // An object made by code may say so that there is none.
    if (value === undefined) continue;
    const bytes = extensionBytes(value);
    if (bytes === undefined) document.problem({ ...FIELDS.extensions, path: `${FIELDS.extensions.path}.${key}` }, 'must hold valid base64 text', value);
    else extensions[key] = bytes;
  }
  return extensions;
}

/** The old context blob: the wire now has context_id and extensions instead. */
function readContext(document: BootstrapDocument): Record<string, Uint8Array> {
  const found = document.find(FIELDS.context);
  if (found === undefined || found.value === '' || (isJsonObject(found.value) && Object.keys(found.value).length === 0)) return {};
  const bytes = typeof found.value === 'string' ? fromBase64(found.value) : isJsonObject(found.value) ? extensionBytes(found.value) : undefined;
  if (bytes === undefined) {
    document.problem(FIELDS.context, 'must be base64 text or an object', found.value);
    return {};
  }
  document.warn(`initiator.sessionStart.context travels as the extension ${LEGACY_CONTEXT_EXTENSION}: SessionStart has no such field`);
  return { [LEGACY_CONTEXT_EXTENSION]: bytes };
}

function readRoots(document: BootstrapDocument): Root[] | undefined {
  const found = document.find(FIELDS.roots);
  if (found === undefined) return undefined;
  const { value } = found;
  if (!Array.isArray(value)) return document.problem(FIELDS.roots, 'must be a list', value);
  const roots: Root[] = [];
  for (const [index, root] of value.entries()) {
    if (isJsonObject(root) && typeof root['uri'] === 'string' && (root['name'] === undefined || typeof root['name'] === 'string'))
      roots.push({ uri: root['uri'], name: root['name'] ?? '' });
    else document.problem({ ...FIELDS.roots, path: `${FIELDS.roots.path}[${index}]` }, 'must be an object with a uri and perhaps a name', root);
  }
  return roots;
}

/** Opens the session in memory with the rules of its mode, so that a doomed start is found here and not at the runtime. */
function simulateStart(document: BootstrapDocument, facts: StartFacts, start: SessionStartBootstrap): { mode: Mode; view: SessionView } | undefined {
  const mode = findMode(facts.mode, facts.modeVersion);
  if (mode === undefined) return undefined;
  const payload = SessionStartPayload.decode(SessionStartPayload.encode(start));
  const verdict = checkSessionStart(mode, payload, facts.participantId);
  if (!verdict.accepted) {
    document.problem(
      { path: 'initiator.sessionStart', step: 'scenario', fix: 'change the start payload; the runtime would refuse it in the same words.' },
      `is not accepted: ${verdict.message}`,
      start,
    );
    return undefined;
  }
  const envelope = {
    macpVersion: MACP_VERSION,
    mode: facts.mode,
    messageType: 'SessionStart',
    messageId: 'start',
    sessionId: facts.sessionId,
    sender: facts.participantId,
    timestampUnixMs: 0,
  };
  return { mode, view: openSession({ ...envelope, payload: SessionStartPayload.encode(start) } satisfies Envelope, 0, undefined, mode) };
}

function readKickoff(document: BootstrapDocument, facts: StartFacts): KickoffBootstrap | undefined {
  const found = document.find(FIELDS.kickoff);
  if (found === undefined) return undefined;
  if (!isJsonObject(found.value)) return document.problem(FIELDS.kickoff, 'must be an object', found.value);
  const messageType = found.value['messageType'] ?? found.value['message_type'];
  if (typeof messageType !== 'string' || messageType === '')
    return document.problem({ ...FIELDS.kickoff, path: 'initiator.kickoff.messageType' }, 'is required', messageType);
  const known = encodePayload(facts.mode, messageType, {}) !== undefined;
  if (!known && findMode(facts.mode, '1.0.0') !== undefined) {
    return document.problem(
      { ...FIELDS.kickoff, path: 'initiator.kickoff.messageType' },
      `names ${messageType}, which is no message of ${facts.mode}`,
      messageType,
    );
  }
  const field = { ...FIELDS.kickoff, path: 'initiator.kickoff.payload' };
  const value = found.value['payload'];
  if (value === undefined) return document.problem(field, 'is required', value);
  const result = readKickoffPayload(facts.mode, messageType, value, defaults(document, facts, messageType, value));
  if (!result.ok) return document.problem({ ...field, fix: `write the members of a ${messageType}, or base64 of its bytes.` }, result.rule, value);
  for (const key of result.unknown) document.warn(`initiator.kickoff.payload.${key} is no member of a ${messageType} and is left out`);
  return { messageType, payload: result.payload, bytes: result.bytes };
}

/** What both older SDKs filled in for a proposal that names neither id nor option. */
function defaults(document: BootstrapDocument, facts: StartFacts, messageType: string, value: unknown): Record<string, unknown> {
  if (messageType !== 'Proposal' || facts.mode !== 'macp.mode.decision.v1' || !isJsonObject(value)) return {};
  const missing: Record<string, unknown> = {};
  if (value['proposalId'] === undefined && value['proposal_id'] === undefined) missing['proposalId'] = `${facts.sessionId}-kickoff`;
  if (value['option'] === undefined) missing['option'] = 'decide';
  for (const key of Object.keys(missing)) document.warn(`initiator.kickoff.payload.${key} is not given; a default is used`);
  return missing;
}

function checkKickoff(document: BootstrapDocument, facts: StartFacts, { mode, view }: { mode: Mode; view: SessionView }, kickoff: KickoffBootstrap): void {
  const field = { path: 'initiator.kickoff', step: 'scenario', fix: 'change the kickoff; the runtime would refuse it in the same words.' } as const;
  const allowed = mode.authorize(view.modeState, view.binding, facts.participantId, kickoff.messageType);
  const verdict = allowed.accepted
    ? mode.check(view.modeState, view.binding, { messageType: kickoff.messageType, sender: facts.participantId, payload: kickoff.payload, atUnixMs: 0 })
    : allowed;
  if (!verdict.accepted) document.problem(field, `is not accepted: ${verdict.message}`, kickoff.payload);
}
