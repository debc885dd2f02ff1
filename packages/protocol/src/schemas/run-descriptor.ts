import { SESSION_ID_PATTERN } from './session-id-pattern.js';

const text = { type: 'string', minLength: 1 } as const;

/** JSON Schema (2020-12) of the scenario-free run descriptor, the body of `POST /runs`. Unknown keys are refused outside `session.metadata`. */
export const runDescriptorSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:macp-agent:macp-run-descriptor',
  title: 'MACP run descriptor',
  type: 'object',
  additionalProperties: false,
  required: ['runtime', 'session'],
  properties: {
    mode: { enum: ['live', 'sandbox'] },
    runtime: { type: 'object', additionalProperties: false, required: ['kind'], properties: { kind: text, version: { type: 'string' } } },
    session: {
      type: 'object',
      additionalProperties: false,
      required: ['modeName', 'modeVersion', 'configurationVersion', 'ttlMs', 'participants'],
      properties: {
        sessionId: { type: 'string', pattern: SESSION_ID_PATTERN, description: 'a lower-case UUID v4 or v7, or 22 to 128 of A-Z a-z 0-9 _ -' },
        modeName: text,
        modeVersion: text,
        configurationVersion: text,
        policyVersion: { type: 'string' },
        ttlMs: { type: 'integer', minimum: 1, maximum: 86_400_000 },
        participants: {
          type: 'array',
          minItems: 1,
          maxItems: 1000,
          uniqueItems: true,
          items: { type: 'object', additionalProperties: false, required: ['id'], properties: { id: text } },
        },
        context: { type: 'string' },
        metadata: {
          type: 'object',
          properties: {
            source: { type: 'string' },
            sourceRef: { type: 'string' },
            environment: { type: 'string' },
            scenarioRef: { type: 'string' },
            cancelCallback: {
              type: 'object',
              additionalProperties: false,
              required: ['url'],
              properties: { url: { type: 'string', format: 'uri', pattern: '^https?://', description: 'a URL of http or https' }, bearer: text },
            },
            cancellationDelegated: { type: 'boolean' },
          },
        },
      },
    },
    execution: {
      type: 'object',
      additionalProperties: false,
      properties: {
        idempotencyKey: text,
        tags: { type: 'array', items: { type: 'string' } },
        requester: {
          type: 'object',
          additionalProperties: false,
          required: ['actorId', 'actorType'],
          properties: { actorId: text, actorType: { enum: ['user', 'service', 'system'] } },
        },
      },
    },
  },
} as const;
