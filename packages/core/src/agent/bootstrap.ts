import { MODE_DECISION, isSessionId } from '@macp-agent/protocol';
import { BootstrapDocument, isJsonObject, type Env, type Field } from './bootstrap-document.js';
import { hideSecrets } from '../secrets.js';
import { readInitiator, type InitiatorBootstrap } from './bootstrap-initiator.js';
import { InvalidBootstrapError } from './bootstrap-problem.js';
import { FIELDS, START_PATHS } from './bootstrap-fields.js';

/** Where an agent listens for a cancel request (RFC-MACP-0001 §7.2, Option A). Port 0 lets the system choose. */
export interface CancelCallbackBootstrap {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly bearer?: string;
}

/** Scenario data for the agent's own code; never authoritative for the runtime. */
export interface ExecutionBootstrap {
  readonly scenarioRef?: string;
  readonly modeVersion: string;
  readonly configurationVersion: string;
  readonly policyVersion: string;
  /** A copy of the voting rules for agents, e.g. `type`, `threshold`, `vetoEnabled`. The registered policy is what counts. */
  readonly policyHints: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** Waiting times that the producer may set through the environment; strategies use them unless their options say otherwise. */
export interface TimingBootstrap {
  /** MACP_PEER_WAIT_MS. */
  readonly peerWaitMs?: number;
  /** RISK_DECIDER_WAIT_ALL_TIMEOUT_MS. */
  readonly voteWaitMs?: number;
  /** RISK_DECIDER_SUSPEND_HOLD_MS. */
  readonly suspendHoldMs?: number;
}

/** What an agent process needs to take part in one session, whatever shape the document had. */
export interface Bootstrap {
  readonly run: { readonly runId: string; readonly sessionId: string; readonly traceId?: string };
  readonly participant: { readonly participantId: string; readonly agentId?: string; readonly displayName?: string; readonly role?: string };
  readonly runtime: {
    readonly address: string;
    /** The agent's own credential, a secret: JSON and `console.log` of a bootstrap do not show it. */
    readonly bearerToken: string;
    readonly tls: boolean;
    readonly allowInsecure: boolean;
    readonly controlPlaneBaseUrl?: string;
    readonly controlPlaneApiKey?: string;
  };
  readonly mode: string;
  /** Present only for the agent that starts the session. */
  readonly initiator?: InitiatorBootstrap;
  readonly cancelCallback?: CancelCallbackBootstrap;
  readonly session: { readonly participants: readonly string[]; readonly context: Readonly<Record<string, unknown>> };
  readonly execution: ExecutionBootstrap;
  readonly agent?: {
    readonly framework?: string;
    readonly manifest?: Readonly<Record<string, unknown>>;
    readonly frameworkConfig?: Readonly<Record<string, unknown>>;
  };
  readonly timing: TimingBootstrap;
  /** Keys of the document that this version gives no meaning. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** What was accepted but should change, one sentence each; never values. */
  readonly warnings: readonly string[];
}

/** What `parseBootstrap` takes beside the document. */
export interface ParseBootstrapOptions {
  /** Variables that fill what the document lacks. Default: none, so that the function is pure. */
  readonly env?: Env;
  /** Name of the document in messages. Default `the given object`. */
  readonly source?: string;
  /** Let a document without a token use the participant id as a development credential. Default false. */
  readonly allowDevelopmentCredential?: boolean;
  /** Refuse a document without an initiator block. Default false. */
  readonly requireInitiator?: boolean;
}

/**
 * Reads any known form of the bootstrap document: nested (published schema, or with objects for context and payloads),
 * flat, the mixed spellings of the guides, or the environment alone. Pure.
 * Throws InvalidBootstrapError (INVALID_BOOTSTRAP) that lists every problem at once.
 */
export function parseBootstrap(value: unknown, options: ParseBootstrapOptions = {}): Bootstrap {
  const { env = {}, source = 'the given object' } = options;
  if (!isJsonObject(value)) {
    throw new InvalidBootstrapError(source, [
      {
        path: '',
        rule: 'the document must be a JSON object',
        found: Array.isArray(value) ? 'a list' : typeof value,
        step: 'producer',
        fix: 'write one object per agent.',
      },
    ]);
  }
  const document = new BootstrapDocument(value, env);
  const bootstrap = read(document, options);
  if (document.problems.length > 0) throw new InvalidBootstrapError(source, document.problems);
  return { ...bootstrap, warnings: document.warnings };
}

function read(document: BootstrapDocument, options: ParseBootstrapOptions): Omit<Bootstrap, 'warnings'> {
  warnAboutShapes(document);
  const sessionId = document.required(FIELDS.sessionId, 'is empty; examples-service must pre-allocate it');
  if (sessionId !== '' && !isSessionId(sessionId)) {
    document.problem(
      { ...FIELDS.sessionId, fix: 'use a new lower-case UUID version 4 or 7.' },
      'must be a lower-case UUID v4/v7 or base64url of 22 characters or more',
      sessionId,
    );
  }
  const participantId = readParticipantId(document);
  const mode = document.optional(FIELDS.mode) ?? MODE_DECISION;
  if (document.find(FIELDS.mode) === undefined) document.warn(`no mode is given; ${MODE_DECISION} is assumed`);

  const runId = document.optional(FIELDS.runId) ?? sessionId;
  const traceId = document.optional(FIELDS.traceId);
  const agentId = document.optional(FIELDS.agentId);
  const displayName = document.optional(FIELDS.displayName);
  const role = document.optional(FIELDS.role);
  const runtime = readRuntime(document, participantId, options.allowDevelopmentCredential === true);
  const versions = {
    modeVersion: document.optional(FIELDS.modeVersion) ?? '1.0.0',
    configurationVersion: document.optional(FIELDS.configurationVersion) ?? 'config.default',
    policyVersion: document.optional(FIELDS.policyVersion) ?? 'policy.default',
  };
  const participants = document.strings(FIELDS.participants) ?? [];
  const initiator = readInitiator(document, { sessionId, participantId, mode, participants, ...versions }, options.requireInitiator === true);
  const cancelCallback = readCancelCallback(document);
  const context = document.object(FIELDS.sessionContext) ?? {};
  const execution = readExecution(document, versions);
  const agent = readAgent(document);
  const timing = readTiming(document);
  checkSpelling(document, participantId, participants);

  return {
    run: { runId, sessionId, ...(traceId !== undefined && { traceId }) },
    participant: {
      participantId,
      ...(agentId !== undefined && { agentId }),
      ...(displayName !== undefined && { displayName }),
      ...(role !== undefined && { role }),
    },
    runtime,
    mode,
    ...(initiator !== undefined && { initiator }),
    ...(cancelCallback !== undefined && { cancelCallback }),
    session: { participants, context },
    execution,
    ...(agent !== undefined && { agent }),
    timing,
    extra: hideSecrets(document.rest()),
  };
}

function warnAboutShapes(document: BootstrapDocument): void {
  const { root } = document;
  const nested = ['run', 'participant', 'runtime'].some((key) => isJsonObject(root[key]));
  const flat = ['participant_id', 'session_id'].some((key) => root[key] !== undefined);
  if (nested && flat) document.warn('the document mixes the nested and the flat form; where both say something the nested form wins');
}

function readParticipantId(document: BootstrapDocument): string {
  const participantId = document.required(FIELDS.participantId);
  if (participantId !== participantId.trim()) document.problem(FIELDS.participantId, 'must not begin or end with blanks', participantId);
  const expected = document.optional(FIELDS.expectedSender);
  if (expected !== undefined && expected !== participantId)
    document.warn('auth.expected_sender differs from participant_id and is ignored; one string everywhere');
  return participantId;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)(?::\d+)?$/i;

function readRuntime(document: BootstrapDocument, participantId: string, allowDevelopmentCredential: boolean): Bootstrap['runtime'] {
  const address = document
    .required(FIELDS.address)
    .replace(/^(?:grpcs?|https?):\/\//i, '')
    .replace(/\/+$/, '');
  if (/\s/.test(address)) document.problem(FIELDS.address, 'must be host:port without blanks', address);
  const bearerToken = readToken(document, participantId, allowDevelopmentCredential);
  const tlsGiven = document.boolean(FIELDS.tls);
  const tls = tlsGiven ?? true;
  const allowGiven = document.boolean(FIELDS.allowInsecure);
  if (tls && allowGiven === true) document.warn('runtime.allowInsecure has no effect while runtime.tls is on');
  let allowInsecure = allowGiven ?? false;
  if (!tls && !allowInsecure && address !== '') {
    if (allowGiven === undefined && LOOPBACK.test(address)) {
      allowInsecure = true;
      document.warn('runtime.tls is off and runtime.allowInsecure is not given; plaintext is accepted because the address is loopback');
    } else {
      document.problem({ ...FIELDS.allowInsecure, step: 'transport' }, 'must be true when runtime.tls is false', allowGiven);
    }
  }
  const controlPlaneBaseUrl = document.optional(FIELDS.controlPlaneBaseUrl);
  const controlPlaneApiKey = document.optional(FIELDS.controlPlaneApiKey);
  const runtime = {
    address,
    bearerToken,
    tls,
    allowInsecure,
    ...(controlPlaneBaseUrl !== undefined && { controlPlaneBaseUrl }),
    ...(controlPlaneApiKey !== undefined && { controlPlaneApiKey }),
  };
  return hideSecrets(runtime);
}

function readToken(document: BootstrapDocument, participantId: string, allowDevelopmentCredential: boolean): string {
  if (allowDevelopmentCredential && document.optional(FIELDS.bearerToken) === undefined) {
    document.warn('no token is given; the participant id is used as a development credential');
    return participantId;
  }
  const token = document.required(FIELDS.bearerToken);
  // A line break would end the header; the usual cause is a token file read with its last newline.
  if (token !== '' && /[^!-~]/.test(token)) document.problem(FIELDS.bearerToken, 'must be visible ASCII without blanks or line breaks', token);
  return token;
}

function readCancelCallback(document: BootstrapDocument): CancelCallbackBootstrap | undefined {
  const given = document.find({ from: ['cancelCallback', 'cancel_callback'] });
  const inEnv = [FIELDS.cancelHost, FIELDS.cancelPort, FIELDS.cancelPath].some((field) => document.env(field.env) !== undefined);
  if (given === undefined && !inEnv) return undefined;
  if (given !== undefined && !isJsonObject(given.value))
    return document.problem({ ...FIELDS.cancelHost, path: 'cancelCallback' }, 'must be an object with host, port and path', given.value);
  const host = document.required(FIELDS.cancelHost);
  const before = document.problems.length;
  const port = document.integer(FIELDS.cancelPort, 0, 65_535);
  if (port === undefined && document.problems.length === before) document.problem(FIELDS.cancelPort, 'is required', undefined);
  const path = document.required(FIELDS.cancelPath);
  if (path !== '' && !path.startsWith('/')) document.problem(FIELDS.cancelPath, 'must start with /', path);
  const bearer = document.optional(FIELDS.cancelBearer);
  return hideSecrets({ host, port: port ?? 0, path, ...(bearer !== undefined && { bearer }) });
}

type Versions = Pick<ExecutionBootstrap, 'modeVersion' | 'configurationVersion' | 'policyVersion'>;

function readExecution(document: BootstrapDocument, versions: Versions): ExecutionBootstrap {
  const scenarioRef = document.optional(FIELDS.scenarioRef);
  const policyHints = document.object(FIELDS.policyHints) ?? {};
  const free = document.object(field('execution', ['execution'])) ?? {};
  return { ...free, ...(scenarioRef !== undefined && { scenarioRef }), ...versions, policyHints };
}

function readAgent(document: BootstrapDocument): Bootstrap['agent'] {
  const framework = document.optional(FIELDS.framework);
  const manifest = document.object(field('agent.manifest', ['agent.manifest']));
  const frameworkConfig = document.object(field('agent.frameworkConfig', ['agent.frameworkConfig', 'agent.framework_config']));
  if (framework === undefined && manifest === undefined && frameworkConfig === undefined) return undefined;
  return {
    ...(framework !== undefined && { framework }),
    ...(manifest !== undefined && { manifest }),
    ...(frameworkConfig !== undefined && { frameworkConfig }),
  };
}

/** A day: longer waits than the longest session make no sense. */
const MAX_WAIT_MS = 86_400_000;

function readTiming(document: BootstrapDocument): TimingBootstrap {
  const wait = (env: string): number | undefined =>
    document.integer({ path: `timing (variable ${env})`, from: [], env, step: 'launch', fix: `set ${env} to milliseconds, or unset it.` }, 0, MAX_WAIT_MS);
  const peerWaitMs = wait('MACP_PEER_WAIT_MS');
  const voteWaitMs = wait('RISK_DECIDER_WAIT_ALL_TIMEOUT_MS');
  const suspendHoldMs = wait('RISK_DECIDER_SUSPEND_HOLD_MS');
  return {
    ...(peerWaitMs !== undefined && { peerWaitMs }),
    ...(voteWaitMs !== undefined && { voteWaitMs }),
    ...(suspendHoldMs !== undefined && { suspendHoldMs }),
  };
}

const bare = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/^agent:\/\//, '');

/** The classic mismatch: `agent://x` in one place, `x` in the other. */
function checkSpelling(document: BootstrapDocument, participantId: string, participants: readonly string[]): void {
  if (participantId === '' || participants.length === 0 || participants.includes(participantId)) return;
  const twin = participants.some((name) => bare(name) === bare(participantId));
  if (twin) document.warn('participant.participantId and its entry in the participants differ only in prefix, case or blanks; the strings must be identical');
  else if (document.find({ from: START_PATHS }) === undefined)
    document.warn('participant.participantId is not among the participants of the session; the runtime will refuse it unless it is an observer');
}

function field(path: string, from: readonly string[]): Field {
  return { path, from, step: 'producer', fix: 'write it as an object.' };
}
