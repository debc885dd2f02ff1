const text = { type: 'string', minLength: 1 } as const;

/** JSON Schema (2020-12) of session metadata in its JSON form (spec: json.md §5). */
export const sessionMetadataSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:macp-agent:macp-session-metadata',
  title: 'MACP session metadata',
  type: 'object',
  required: ['session_id', 'mode', 'state', 'started_at_unix_ms', 'expires_at_unix_ms', 'mode_version', 'configuration_version'],
  properties: {
    session_id: text,
    mode: text,
    state: {
      enum: [
        'SESSION_STATE_UNSPECIFIED',
        'SESSION_STATE_OPEN',
        'SESSION_STATE_RESOLVED',
        'SESSION_STATE_EXPIRED',
        'SESSION_STATE_SUSPENDED',
        'SESSION_STATE_CANCELLED',
      ],
    },
    started_at_unix_ms: { type: 'integer' },
    expires_at_unix_ms: { type: 'integer' },
    mode_version: text,
    configuration_version: { type: 'string' },
    policy_version: { type: 'string' },
    participants: { type: 'array', items: { type: 'string' } },
    participant_activity: {
      type: 'array',
      items: {
        type: 'object',
        required: ['participant_id'],
        properties: { participant_id: text, last_message_at_unix_ms: { type: 'integer' }, message_count: { type: 'integer', minimum: 0 } },
      },
    },
    initiator: { type: 'string' },
    context_id: { type: 'string' },
    extension_keys: { type: 'array', items: { type: 'string' } },
  },
} as const;
