import type { Root } from '@macp-agent/protocol';
import type { Bootstrap } from './bootstrap.js';
import { isJsonObject } from './bootstrap-document.js';
import { fromBase64 } from './kickoff-payload.js';
import { LEGACY_CONTEXT_EXTENSION, type InitiatorBootstrap, type SessionStartBootstrap } from './bootstrap-initiator.js';

/** The two forms that are written: flat (what agents in use read) and nested (the published schema). */
export type BootstrapForm = 'flat' | 'nested';

/** The document in its other form. */
export interface ConvertedBootstrap {
  /** Holds the token: write it with owner-only permission. */
  readonly document: Record<string, unknown>;
  /** Every field that the target form has no place for. */
  readonly lost: readonly string[];
}

/** Writes a bootstrap in another form and lists what that form cannot hold. */
export function convertBootstrap(bootstrap: Bootstrap, to: BootstrapForm): ConvertedBootstrap {
  return to === 'flat' ? toFlat(bootstrap) : toNested(bootstrap);
}

function toFlat(bootstrap: Bootstrap): ConvertedBootstrap {
  const { run, participant, runtime, initiator, cancelCallback, session, execution } = bootstrap;
  const { scenarioRef, policyHints, modeVersion, configurationVersion, policyVersion, ...free } = execution;
  const metadata = compact({
    run_id: run.runId,
    trace_id: run.traceId,
    scenario_ref: scenarioRef,
    role: participant.role,
    framework: bootstrap.agent?.framework,
    agent_ref: participant.agentId,
    policy_hints: notEmpty(policyHints),
    session_context: notEmpty(session.context),
  });
  const document = compact({
    participant_id: participant.participantId,
    session_id: run.sessionId,
    mode: bootstrap.mode,
    runtime_address: runtime.address,
    runtime_url: runtime.address,
    auth_token: runtime.bearerToken,
    secure: runtime.tls,
    allow_insecure: runtime.allowInsecure,
    participants: [...session.participants],
    mode_version: modeVersion,
    configuration_version: configurationVersion,
    policy_version: policyVersion,
    initiator: initiator === undefined ? undefined : flatInitiator(initiator),
    cancel_callback: cancelCallback === undefined ? undefined : { ...cancelCallback },
    metadata,
  });
  const lost = [
    ...named({
      'participant.displayName': participant.displayName,
      'runtime.controlPlaneBaseUrl': runtime.controlPlaneBaseUrl,
      'runtime.controlPlaneApiKey': runtime.controlPlaneApiKey,
      'agent.manifest': bootstrap.agent?.manifest,
      'agent.frameworkConfig': bootstrap.agent?.frameworkConfig,
    }),
    ...Object.keys(free)
      .filter((key) => key !== 'modeName' && key !== 'ttlMs')
      .map((key) => `execution.${key}`),
  ];
  return { document: withExtra(document, bootstrap.extra), lost };
}

function flatInitiator({ sessionStart, kickoff }: InitiatorBootstrap): Record<string, unknown> {
  return compact({
    session_start: compact({
      intent: sessionStart.intent,
      participants: sessionStart.participants,
      ttl_ms: sessionStart.ttlMs,
      max_suspend_ms: sessionStart.maxSuspendMs,
      context_id: sessionStart.contextId,
      extensions: sessionStart.extensions === undefined ? undefined : jsonExtensions(sessionStart.extensions),
      roots: sessionStart.roots,
    }),
    kickoff: kickoff === undefined ? undefined : { message_type: kickoff.messageType, payload: jsonPayload(kickoff.payload) },
  });
}

function toNested(bootstrap: Bootstrap): ConvertedBootstrap {
  const { run, participant, runtime, initiator, cancelCallback, session, execution } = bootstrap;
  const port = cancelCallback?.port;
  const callback = cancelCallback === undefined || port === 0 ? undefined : { host: cancelCallback.host, port, path: cancelCallback.path };
  const document = compact({
    run: compact({ ...run }),
    participant: compact({ ...participant }),
    runtime: compact({ ...runtime }),
    initiator: initiator === undefined ? undefined : nestedInitiator(initiator),
    cancelCallback: callback,
    session: compact({ participants: notEmpty(session.participants), context: notEmpty(session.context) }),
    execution: { ...execution, modeName: bootstrap.mode },
    agent: bootstrap.agent,
  });
  const start: Partial<SessionStartBootstrap> = initiator?.sessionStart ?? {};
  const extensions = Object.keys(start.extensions ?? {})
    .filter((key) => key !== LEGACY_CONTEXT_EXTENSION)
    .map((key) => `initiator.sessionStart.extensions.${key}`);
  const lost = [
    ...named({ 'initiator.sessionStart.maxSuspendMs': start.maxSuspendMs, 'initiator.sessionStart.contextId': start.contextId }),
    ...extensions,
    ...named({ 'cancelCallback (port 0)': port === 0 ? true : undefined, 'cancelCallback.bearer (use MACP_CANCEL_CALLBACK_BEARER)': cancelCallback?.bearer }),
  ];
  return { document: withExtra(document, bootstrap.extra), lost };
}

function nestedInitiator({ sessionStart, kickoff }: InitiatorBootstrap): Record<string, unknown> {
  const { maxSuspendMs: _cap, contextId: _id, extensions, roots, ...start } = sessionStart;
  const context = extensions?.[LEGACY_CONTEXT_EXTENSION];
  return compact({
    sessionStart: compact({ ...start, context: context === undefined ? undefined : base64(context), roots: roots?.map(nestedRoot) }),
    kickoff: kickoff === undefined ? undefined : { messageType: kickoff.messageType, payload: base64(kickoff.bytes) },
  });
}

const nestedRoot = ({ uri, name }: Root): Record<string, unknown> => compact({ uri, name: name === '' ? undefined : name });
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Extensions that are JSON stay readable; others are written as raw bytes. */
function jsonExtensions(extensions: Readonly<Record<string, Uint8Array>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(extensions).map(([key, bytes]) => [key, jsonValue(bytes) ?? { base64: base64(bytes) }]));
}

/** The JSON value whose text these bytes are, exactly; undefined when there is none. */
function jsonValue(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes).toString('utf8');
  if (!/^[[{"0-9tfn-]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const raw = typeof value === 'object' && value !== null && 'base64' in value && typeof value.base64 === 'string' && fromBase64(value.base64) !== undefined;
    return !raw && JSON.stringify(value) === text ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A payload as JSON; members that hold nothing are left out. */
function jsonPayload(payload: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const members = Object.entries(payload).filter(([, item]) => !(item instanceof Uint8Array && item.length === 0) && item !== '');
  return Object.fromEntries(members.map(([key, item]) => [key, item instanceof Uint8Array ? { base64: base64(item) } : item]));
}

/** Keys that no field has read go along where they do not clash. */
function withExtra(document: Record<string, unknown>, extra: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const merged = { ...extra, ...document };
  for (const [key, item] of Object.entries(extra)) {
    const own = document[key];
    if (isJsonObject(item) && isJsonObject(own) && !CLOSED.has(key)) merged[key] = { ...item, ...own };
  }
  return merged;
}

/** Objects in which the published schema allows no other keys. */
const CLOSED: ReadonlySet<string> = new Set(['initiator', 'cancelCallback']);

const notEmpty = <T extends object>(value: T): T | undefined => (Object.keys(value).length === 0 ? undefined : value);
const compact = (value: Record<string, unknown>): Record<string, unknown> => Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
const named = (fields: Record<string, unknown>): string[] => Object.keys(fields).filter((key) => fields[key] !== undefined);
