import { SESSION_ID_PATTERN } from './session-id-pattern.js';

const text = { type: 'string', minLength: 1 } as const;

/**
 * JSON Schema (2020-12) of the nested agent bootstrap document (shape A; spec: agent bootstrap).
 * Hints may carry more keys; what an agent acts on may not.
 */
export const agentBootstrapSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:macp-agent:macp-agent-bootstrap',
  title: 'MACP agent bootstrap',
  type: 'object',
  required: ['run', 'participant', 'runtime'],
  properties: {
    run: {
      type: 'object',
      required: ['runId', 'sessionId'],
      properties: {
        runId: text,
        sessionId: {
          type: 'string',
          pattern: SESSION_ID_PATTERN,
        },
        traceId: { type: 'string' },
      },
    },
    participant: {
      type: 'object',
      required: ['participantId'],
      properties: { participantId: text, agentId: { type: 'string' }, displayName: { type: 'string' }, role: { type: 'string' } },
    },
    runtime: {
      type: 'object',
      required: ['address', 'bearerToken'],
      properties: {
        address: text,
        bearerToken: text,
        tls: { type: 'boolean' },
        allowInsecure: { type: 'boolean' },
        controlPlaneBaseUrl: { type: 'string', format: 'uri' },
        controlPlaneApiKey: { type: 'string' },
      },
    },
    initiator: {
      type: 'object',
      additionalProperties: false,
      required: ['sessionStart'],
      properties: {
        sessionStart: {
          type: 'object',
          additionalProperties: false,
          required: ['intent', 'participants', 'ttlMs', 'modeVersion', 'configurationVersion'],
          properties: {
            intent: { type: 'string' },
            participants: { type: 'array', minItems: 1, maxItems: 1000, uniqueItems: true, items: text },
            ttlMs: { type: 'integer', minimum: 1, maximum: 86_400_000 },
            modeVersion: text,
            configurationVersion: text,
            policyVersion: { type: 'string' },
            context: { type: 'string', contentEncoding: 'base64' },
            roots: {
              type: 'array',
              items: {
                type: 'object',
                additionalProperties: false,
                required: ['uri'],
                properties: { uri: { type: 'string', format: 'uri' }, name: { type: 'string' } },
              },
            },
          },
        },
        kickoff: {
          type: 'object',
          additionalProperties: false,
          required: ['messageType', 'payload'],
          properties: { messageType: text, payload: { type: 'string', contentEncoding: 'base64' } },
        },
      },
    },
    cancelCallback: {
      type: 'object',
      additionalProperties: false,
      required: ['host', 'port', 'path'],
      properties: { host: text, port: { type: 'integer', minimum: 1, maximum: 65_535 }, path: { type: 'string', pattern: '^/' } },
    },
    session: { type: 'object', properties: { participants: { type: 'array', items: text }, metadata: { type: 'object' } } },
    execution: { type: 'object' },
    agent: { type: 'object', properties: { manifest: { type: 'object' }, framework: { type: 'string' }, frameworkConfig: { type: 'object' } } },
  },
} as const;
