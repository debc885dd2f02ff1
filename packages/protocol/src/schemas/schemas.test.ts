import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { isSessionId } from '../session-id.js';
import { agentBootstrapSchema, runDescriptorSchema, sessionMetadataSchema } from './index.js';

const ajv = new Ajv2020({ strict: true, allErrors: true });
addFormats.default(ajv);
const id = '4b1a9a52-6c0e-4f0e-9c55-0f6a2b7d9e10';

const bootstrap = {
  run: { runId: 'run-1', sessionId: id },
  participant: { participantId: 'agent://risk', role: 'initiator' },
  runtime: { address: '127.0.0.1:50051', bearerToken: 'token', allowInsecure: true },
  initiator: {
    sessionStart: {
      intent: 'decide',
      participants: ['agent://risk', 'agent://fraud'],
      ttlMs: 60_000,
      modeVersion: '1.0.0',
      configurationVersion: 'config.default',
    },
    kickoff: { messageType: 'Proposal', payload: 'CgJwMQ==' },
  },
  cancelCallback: { host: '127.0.0.1', port: 9000, path: '/cancel' },
};
const run = {
  mode: 'live',
  runtime: { kind: 'macp' },
  session: {
    modeName: 'macp.mode.decision.v1',
    modeVersion: '1.0.0',
    configurationVersion: 'config.default',
    ttlMs: 60_000,
    participants: [{ id: 'agent://risk' }],
  },
};
const metadata = {
  session_id: id,
  mode: 'macp.mode.decision.v1',
  state: 'SESSION_STATE_OPEN',
  started_at_unix_ms: 1,
  expires_at_unix_ms: 2,
  mode_version: '1.0.0',
  configuration_version: 'config.default',
};

/** The document with one member set, or removed by undefined. */
function changed(document: object, path: string, value: unknown): object {
  const copy = structuredClone(document) as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() as string;
  const parent = keys.reduce((node, key) => node[key] as Record<string, unknown>, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

describe.each([
  [
    'bootstrap',
    agentBootstrapSchema,
    bootstrap,
    [
      ['run.sessionId', 'short'],
      ['participant.participantId', ''],
      ['runtime.bearerToken', undefined],
      ['initiator.sessionStart.ttlMs', 86_400_001],
      ['initiator.sessionStart.participants', ['a', 'a']],
      ['initiator.sessionStart.unknown', 1],
      ['cancelCallback.path', 'cancel'],
      ['cancelCallback.port', 0],
    ],
  ],
  [
    'run descriptor',
    runDescriptorSchema,
    run,
    [
      ['mode', 'test'],
      ['session.participants', []],
      ['session.ttlMs', 0],
      ['session.modeName', undefined],
      ['unknown', 1],
    ],
  ],
  [
    'session metadata',
    sessionMetadataSchema,
    metadata,
    [
      ['state', 'OPEN'],
      ['mode', undefined],
      ['started_at_unix_ms', '1'],
    ],
  ],
] as const)('schema of the %s', (_name, schema, document, faults) => {
  const validate = ajv.compile(schema);

  it('takes a complete document', () => {
    validate(document);
    expect(validate.errors).toBeNull();
  });

  it.each(faults as readonly (readonly [string, unknown])[])('refuses %s = %j', (path, value) => {
    expect(validate(changed(document, path, value))).toBe(false);
  });
});

describe('session ids in the schemas', () => {
  const uuid7 = '018f4d5e-1c2b-7a3d-8e4f-5a6b7c8d9e0f';
  const uuid1 = '018f4d5e-1c2b-1a3d-8e4f-5a6b7c8d9e0f';
  it.each([id, uuid7, uuid1, id.toUpperCase(), 'A'.repeat(22), 'a'.repeat(128), 'a'.repeat(129), 'short', `${id}\n`])(
    'agree with isSessionId on %j',
    (sessionId) => {
      const validate = ajv.getSchema(agentBootstrapSchema.$id) ?? ajv.compile(agentBootstrapSchema);
      expect(validate(changed(bootstrap, 'run.sessionId', sessionId))).toBe(isSessionId(sessionId));
    },
  );
});
