import { documentCheck } from './check-document.js';
import type { ExpectedOutcome } from './expected-outcome.js';
import { expectedOutcomeSchema } from './expected-outcome.js';
import type { JsonObject } from './json-value.js';

/** `apiVersion` of packs and scenarios. */
export const API_VERSION = 'scenarios.macp.dev/v1';

/** One version of a scenario: `<pack>/scenarios/<scenario>/<version>/scenario.yaml`. Unknown members are kept and ignored. */
export interface ScenarioDocument {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'ScenarioVersion';
  readonly metadata: {
    readonly pack: string;
    readonly scenario: string;
    readonly version: string;
    readonly name: string;
    readonly summary?: string;
    readonly tags?: readonly string[];
    readonly deprecated?: boolean;
  };
  readonly spec: {
    readonly runtime?: RuntimeSection;
    /** JSON Schema (draft-07) of the inputs. */
    readonly inputs: { readonly schema: JsonObject };
    readonly launch: LaunchSection;
    readonly execution?: ExecutionSection;
    readonly outputs?: OutputsSection;
    /** How to start the agents of a scenario that stands alone, by participant id or agentRef; agents of a pack are found by convention. */
    readonly agents?: Readonly<Record<string, AgentSection>>;
  };
}

export interface RuntimeSection {
  readonly kind?: string;
  readonly version?: string;
}

export interface LaunchSection {
  readonly modeName: string;
  readonly modeVersion: string;
  readonly configurationVersion: string;
  readonly policyVersion?: string;
  readonly policyHints?: JsonObject;
  /** Lifetime of the session in milliseconds, 1 to 86 400 000. */
  readonly ttlMs: number;
  /** Total time in SUSPENDED, in milliseconds; absent or 0 = default of the runtime (7 days). */
  readonly maxSuspendMs?: number;
  readonly initiatorParticipantId?: string;
  readonly participants: readonly ParticipantSection[];
  readonly commitments?: readonly CommitmentSection[];
  readonly contextTemplate?: JsonObject;
  readonly contextId?: string;
  readonly extensions?: JsonObject;
  readonly kickoffTemplate?: readonly KickoffSection[];
  readonly metadataTemplate?: JsonObject;
}

export interface ParticipantSection {
  readonly id: string;
  readonly role: string;
  readonly agentRef: string;
  readonly displayName?: string;
  readonly description?: string;
  readonly transportIdentity?: string;
  readonly metadata?: JsonObject;
}

export interface CommitmentSection {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly requiredRoles?: readonly string[];
  readonly policyRef?: string;
}

export interface KickoffSection {
  readonly from: string;
  readonly to?: readonly string[];
  readonly kind?: 'request' | 'broadcast' | 'proposal' | 'context';
  readonly messageType?: string;
  readonly payload?: JsonObject;
  readonly payloadEnvelope?: {
    readonly encoding: 'json' | 'text' | 'base64' | 'proto';
    readonly json?: JsonObject;
    readonly proto?: { readonly typeName: string; readonly value: JsonObject };
  };
}

export interface ExecutionSection {
  readonly idempotencyKey?: string;
  readonly tags?: readonly string[];
  readonly requester?: { readonly actorId: string; readonly actorType: 'user' | 'service' | 'system' };
}

export interface OutputsSection {
  readonly expectedDecisionKinds?: readonly string[];
  readonly expectedSignals?: readonly string[];
  /** What a run with the default inputs must come to; asserted by `macp test`. */
  readonly expected?: ExpectedOutcome;
}

/** How to start one agent; paths are relative to the scenario file. */
export interface AgentSection {
  /** Compiled JavaScript to run with the current Node. */
  readonly entry?: string;
  /** A whole command line instead; `node` means the current Node. */
  readonly command?: readonly string[];
  readonly framework?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds until the agent must have reported ready; default 30 000. */
  readonly startupTimeoutMs?: number;
}

const text = { type: 'string', minLength: 1 };
const texts = { type: 'array', items: { type: 'string' } };
const object = { type: 'object' };
/** A participant may be named in a folder and an environment variable, so no slashes and no control characters. */
const id = { type: 'string', minLength: 1, maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]+$' };

export const runtimeSchema = { type: 'object', properties: { kind: text, version: text } };

export const executionSchema = {
  type: 'object',
  properties: {
    idempotencyKey: text,
    tags: texts,
    requester: { type: 'object', required: ['actorId', 'actorType'], properties: { actorId: text, actorType: { enum: ['user', 'service', 'system'] } } },
  },
};

export const outputsSchema = {
  type: 'object',
  properties: { expectedDecisionKinds: texts, expectedSignals: texts, expected: expectedOutcomeSchema },
};

const participants = {
  type: 'array',
  minItems: 1,
  maxItems: 1000,
  items: {
    type: 'object',
    required: ['id', 'role', 'agentRef'],
    properties: { id, role: text, agentRef: text, displayName: text, description: { type: 'string' }, transportIdentity: text, metadata: object },
  },
};

const kickoffs = {
  type: 'array',
  items: {
    type: 'object',
    required: ['from'],
    properties: {
      from: id,
      to: texts,
      kind: { enum: ['request', 'broadcast', 'proposal', 'context'] },
      messageType: text,
      payload: object,
      payloadEnvelope: {
        type: 'object',
        required: ['encoding'],
        properties: {
          encoding: { enum: ['json', 'text', 'base64', 'proto'] },
          json: object,
          proto: { type: 'object', required: ['typeName', 'value'], properties: { typeName: text, value: object } },
        },
      },
    },
  },
};

const commitments = {
  type: 'array',
  items: {
    type: 'object',
    required: ['id', 'title'],
    properties: { id: text, title: text, description: { type: 'string' }, requiredRoles: texts, policyRef: text },
  },
};

/** Members of `spec.launch`; a template may give any of them. */
export const launchProperties = {
  modeName: text,
  modeVersion: text,
  configurationVersion: text,
  policyVersion: text,
  policyHints: object,
  ttlMs: { type: 'integer', minimum: 1, maximum: 86_400_000 },
  maxSuspendMs: { type: 'integer', minimum: 0 },
  initiatorParticipantId: id,
  participants,
  commitments,
  contextTemplate: object,
  contextId: { type: 'string' },
  extensions: object,
  kickoffTemplate: kickoffs,
  metadataTemplate: object,
};

const launchSchema = {
  type: 'object',
  required: ['modeName', 'modeVersion', 'configurationVersion', 'ttlMs', 'participants'],
  properties: launchProperties,
};

const agentsSchema = {
  type: 'object',
  additionalProperties: {
    type: 'object',
    additionalProperties: false,
    properties: {
      entry: text,
      command: { type: 'array', minItems: 1, items: text },
      framework: text,
      env: { type: 'object', additionalProperties: { type: 'string' } },
      startupTimeoutMs: { type: 'integer', minimum: 1, maximum: 600_000 },
    },
    oneOf: [{ required: ['entry'] }, { required: ['command'] }],
  },
};

const scenarioSchema = {
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  properties: {
    apiVersion: { const: API_VERSION },
    kind: { const: 'ScenarioVersion' },
    metadata: {
      type: 'object',
      required: ['pack', 'scenario', 'version', 'name'],
      properties: { pack: text, scenario: text, version: text, name: text, summary: { type: 'string' }, tags: texts, deprecated: { type: 'boolean' } },
    },
    spec: {
      type: 'object',
      required: ['inputs', 'launch'],
      properties: {
        runtime: runtimeSchema,
        inputs: { type: 'object', required: ['schema'], properties: { schema: object } },
        launch: launchSchema,
        execution: executionSchema,
        outputs: outputsSchema,
        agents: agentsSchema,
      },
    },
  },
};

/** Checks the structure of a scenario file. Throws INVALID_PACK_DATA with every problem. */
export const checkScenarioDocument = documentCheck<ScenarioDocument>(scenarioSchema, 'ScenarioVersion');
