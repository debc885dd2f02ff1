import { Ajv2020 } from 'ajv/dist/2020.js';
import { agentBootstrapSchema } from '@macp-agent/protocol/schemas';
import { ProposalPayload } from '@macp-agent/protocol';
import { assert, boolean, constant, constantFrom, dictionary, integer, oneof, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBootstrap, type Bootstrap } from './bootstrap.js';
import { InvalidBootstrapError } from './bootstrap-problem.js';
import { convertBootstrap } from './convert-bootstrap.js';
import { maskSecrets } from '../secrets.js';
import { explainBootstrap } from './explain-bootstrap.js';

const SESSION = '0b7a6f0e-5a0e-4a43-8f3a-2a7f1b9c7d11';
const RUN = '3b1f4a52-8a0c-4e0f-9a54-0f6a5f5f9a01';
const SECRET = 'very-secret-token';

/** Shape A as published: bytes in base64, no mode but the convention of shape B. */
const shapeA = {
  run: { runId: RUN, sessionId: SESSION },
  participant: { participantId: 'risk-agent', role: 'risk' },
  runtime: { address: '127.0.0.1:50051', bearerToken: SECRET, tls: false, allowInsecure: true },
  initiator: {
    sessionStart: {
      intent: 'review order 77',
      participants: ['risk-agent', 'fraud-agent'],
      ttlMs: 120_000,
      modeVersion: '1.0.0',
      configurationVersion: 'config.default',
      policyVersion: 'policy.default',
    },
    kickoff: { messageType: 'Proposal', payload: 'CghvcmRlci03NxIGcmV2aWV3' },
  },
  cancelCallback: { host: '127.0.0.1', port: 8099, path: '/agent/cancel' },
  execution: { scenarioRef: 'shop/order-review@1.0.0', modeName: 'macp.mode.decision.v1' },
};

const shapeB = {
  ...shapeA,
  runtime: { runtimeUrl: 'grpc://127.0.0.1:50051', bearerToken: SECRET, secure: false, allowInsecure: true, baseUrl: 'http://cp', apiKey: 'k' },
  initiator: {
    sessionStart: { ...shapeA.initiator.sessionStart, context: { amount: 90 } },
    kickoff: { messageType: 'Proposal', payloadType: 'macp.modes.decision.v1.ProposalPayload', payload: { proposal_id: 'order-77', option: 'review' } },
  },
  session: { participants: ['risk-agent', 'fraud-agent'], context: { amount: 90 } },
};

const shapeC = {
  participant_id: 'risk-agent',
  session_id: SESSION,
  mode: 'macp.mode.decision.v1',
  runtime_address: '127.0.0.1:50051',
  runtime_url: '127.0.0.1:50051',
  auth_token: SECRET,
  secure: false,
  allow_insecure: true,
  participants: ['risk-agent', 'fraud-agent'],
  mode_version: '1.0.0',
  configuration_version: 'config.default',
  policy_version: 'policy.default',
  initiator: {
    session_start: {
      intent: 'review order 77',
      participants: ['risk-agent', 'fraud-agent'],
      ttl_ms: 120_000,
      max_suspend_ms: 15_000,
      context_id: 'ctx',
      extensions: { note: 'a', raw: { base64: 'AAE=' } },
    },
    kickoff: { message_type: 'Proposal', payload_type: 'ProposalPayload', payload: { proposalId: 'order-77', option: 'review' } },
  },
  cancel_callback: { host: '127.0.0.1', port: 0, path: '/agent/cancel', bearer: 'cancel-secret' },
  metadata: { run_id: RUN, role: 'risk', session_context: { amount: 90 }, policy_hints: { type: 'majority' }, scenario_ref: 'shop/order-review@1.0.0' },
};

const shapeD = { ...shapeA, initiator: { sessionStartPayload: shapeA.initiator.sessionStart, kickoff: shapeB.initiator.kickoff } };

const common = (bootstrap: Bootstrap) => ({
  run: bootstrap.run.runId,
  session: bootstrap.run.sessionId,
  sender: bootstrap.participant,
  address: bootstrap.runtime.address,
  token: bootstrap.runtime.bearerToken,
  tls: bootstrap.runtime.tls,
  mode: bootstrap.mode,
  intent: bootstrap.initiator?.sessionStart.intent,
  participants: bootstrap.session.participants,
  ttlMs: bootstrap.initiator?.sessionStart.ttlMs,
  proposalId: bootstrap.initiator?.kickoff?.payload.proposalId,
  option: bootstrap.initiator?.kickoff?.payload.option,
  scenario: bootstrap.execution.scenarioRef,
});

const problemsOf = (value: unknown, env = {}): InvalidBootstrapError => {
  try {
    parseBootstrap(value, { env });
  } catch (error) {
    if (error instanceof InvalidBootstrapError) return error;
    throw error;
  }
  throw new Error('the document was accepted');
};

const without = (value: object, ...path: string[]): Record<string, unknown> => {
  const copy = structuredClone(value) as Record<string, unknown>;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  delete at[path.at(-1) ?? ''];
  return copy;
};
const withValue = (value: object, path: string, item: unknown): Record<string, unknown> => {
  const copy = structuredClone(value) as Record<string, unknown>;
  const keys = path.split('.');
  let at = copy;
  for (const key of keys.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>;
  at[keys.at(-1) ?? ''] = item;
  return copy;
};

describe('the shapes in circulation', () => {
  it.each([
    ['B', shapeB],
    ['C', shapeC],
    ['D', shapeD],
  ])('reads shape %s to the same meaning as shape A', (_name, document) => {
    expect(common(parseBootstrap(document))).toEqual(common(parseBootstrap(shapeA)));
  });

  it('reads the environment alone', () => {
    const env = {
      MACP_SESSION_ID: SESSION,
      MACP_PARTICIPANT_ID: 'fraud-agent',
      MACP_RUNTIME_ADDRESS: 'localhost:1',
      MACP_RUNTIME_TOKEN: SECRET,
      MACP_RUNTIME_TLS: 'FALSE',
      MACP_RUN_ID: '',
      MACP_CANCEL_CALLBACK_HOST: '',
      MACP_CANCEL_CALLBACK_PORT: '',
      MACP_CANCEL_CALLBACK_PATH: '',
      MACP_PEER_WAIT_MS: '1500',
    };
    const bootstrap = parseBootstrap({}, { env });
    expect(bootstrap).toMatchObject({ run: { runId: SESSION }, runtime: { tls: false, allowInsecure: true }, timing: { peerWaitMs: 1500 } });
    expect(bootstrap.cancelCallback).toBeUndefined();
    expect(bootstrap.warnings).toHaveLength(2);
  });

  it('takes TLS for granted when nothing is said', () => {
    expect(parseBootstrap(without(without(shapeA, 'runtime', 'tls'), 'runtime', 'allowInsecure')).runtime).toMatchObject({ tls: true, allowInsecure: false });
  });

  it('takes the cancel callback and its bearer from the environment', () => {
    const env = { MACP_CANCEL_CALLBACK_HOST: '0.0.0.0', MACP_CANCEL_CALLBACK_PORT: '0', MACP_CANCEL_CALLBACK_PATH: '/x', MACP_CANCEL_CALLBACK_BEARER: 'b' };
    expect(parseBootstrap(without(shapeA, 'cancelCallback'), { env }).cancelCallback).toEqual({ host: '0.0.0.0', port: 0, path: '/x', bearer: 'b' });
  });

  it('merges both forms, lets the nested one win and names the duplicate', () => {
    const bootstrap = parseBootstrap({ ...shapeA, session_id: 'another-session-id-0001' });
    expect(bootstrap.run.sessionId).toBe(SESSION);
    expect(bootstrap.warnings.join()).toContain('session_id is ignored');
  });

  it('lets the file win over the environment and warns without values', () => {
    const bootstrap = parseBootstrap(shapeC, { env: { MACP_RUNTIME_TOKEN: 'other-secret' } });
    expect(bootstrap.runtime.bearerToken).toBe(SECRET);
    expect(bootstrap.warnings.join()).toContain('MACP_RUNTIME_TOKEN differ');
    expect(bootstrap.warnings.join()).not.toContain('secret');
  });

  it('keeps unknown keys', () => {
    expect(parseBootstrap({ ...shapeC, colour: 'red', metadata: { ...shapeC.metadata, team: 'x' } }).extra).toMatchObject({
      colour: 'red',
      metadata: { team: 'x' },
    });
  });

  it('accepts numbers and booleans as text, with a warning', () => {
    const bootstrap = parseBootstrap(withValue(withValue(shapeC, 'initiator.session_start.ttl_ms', '5000'), 'secure', 'no'));
    expect(bootstrap.initiator?.sessionStart.ttlMs).toBe(5000);
    expect(bootstrap.warnings.filter((text) => text.includes('not text'))).toHaveLength(2);
  });

  it('accepts a number where text is expected, with a warning', () => {
    expect(parseBootstrap(withValue(shapeA, 'runtime.bearerToken', 7)).warnings.join()).toContain('should be a string');
  });

  it('fills what the older readers filled', () => {
    const bootstrap = parseBootstrap(withValue(without(without(shapeC, 'mode'), 'initiator', 'session_start', 'ttl_ms'), 'initiator.kickoff.payload', {}));
    expect(bootstrap).toMatchObject({
      mode: 'macp.mode.decision.v1',
      initiator: { sessionStart: { ttlMs: 300_000 }, kickoff: { payload: { proposalId: `${SESSION}-kickoff`, option: 'decide' } } },
    });
    expect(bootstrap.warnings).toHaveLength(4);
  });

  it('writes extensions as JSON and raw bytes as such', () => {
    const extensions = parseBootstrap(shapeC).initiator?.sessionStart.extensions ?? {};
    expect(Object.fromEntries(Object.entries(extensions).map(([key, bytes]) => [key, Buffer.from(bytes).toString('latin1')]))).toEqual({
      note: '"a"',
      raw: '\u0000\u0001',
    });
  });

  it('encodes the kickoff of any known mode', () => {
    const document = {
      ...withValue(shapeC, 'initiator.kickoff', { message_type: 'TaskRequest', payload: { task_id: 't', title: 'x', instructions: 'y', input: 'abc' } }),
      mode: 'macp.mode.task.v1',
    };
    const kickoff = parseBootstrap(document).initiator?.kickoff;
    expect(kickoff?.payload).toMatchObject({ taskId: 't', requestedAssignee: '' });
    expect(Buffer.from(kickoff?.payload['input'] as Uint8Array).toString()).toBe('abc');
    expect(kickoff?.bytes.length).toBeGreaterThan(5);
  });
});

describe('problems', () => {
  it.each([
    [without(shapeA, 'runtime', 'bearerToken'), 'bootstrap.runtime.bearerToken is required'],
    [withValue(shapeA, 'runtime.bearerToken', ''), 'bootstrap.runtime.bearerToken is required'],
    [withValue(shapeA, 'runtime.bearerToken', 'a\n'), 'must be visible ASCII'],
    [without(shapeC, 'auth_token'), 'bootstrap.runtime.bearerToken is required'],
    [withValue(shapeA, 'run.sessionId', ''), 'bootstrap.run.sessionId is empty; examples-service must pre-allocate it'],
    [withValue(shapeA, 'run.sessionId', 'SHORT'), 'must be a lower-case UUID v4/v7'],
    [without(shapeC, 'participant_id'), 'bootstrap.participant.participantId is required'],
    [withValue(shapeC, 'participant_id', ' risk-agent'), 'must not begin or end with blanks'],
    [withValue(shapeA, 'participant.participantId', {}), 'must be a string (found an object)'],
    [without(without(shapeC, 'runtime_url'), 'runtime_address'), 'bootstrap.runtime.address is required'],
    [withValue(shapeA, 'runtime.tls', 'maybe'), 'bootstrap.runtime.tls must be true or false'],
    [withValue(without(shapeA, 'runtime', 'allowInsecure'), 'runtime.address', 'runtime.example.com:1'), 'must be true when runtime.tls is false'],
    [withValue(shapeA, 'initiator.sessionStart.ttlMs', 0), 'must be a whole number from 1 to 86400000'],
    [withValue(shapeA, 'initiator.sessionStart.participants', 'x'), 'must be a list of non-empty strings'],
    [withValue(shapeA, 'initiator.sessionStart.participants', ['a', 'a']), 'a participant is named twice'],
    [withValue(shapeA, 'initiator', {}), 'bootstrap.initiator.sessionStart is required inside initiator'],
    [without(shapeA, 'initiator', 'sessionStart', 'intent'), 'bootstrap.initiator.sessionStart.intent is required'],
    [withValue(shapeA, 'initiator.sessionStart.context', 'not base64'), 'must be base64 text or an object'],
    [withValue(shapeA, 'initiator.sessionStart.roots', [{}]), 'roots[0] must be an object with a uri'],
    [withValue(shapeC, 'initiator.session_start.extensions', { x: { base64: '%' } }), 'extensions.x must hold valid base64 text'],
    [withValue(shapeA, 'initiator.kickoff.messageType', 'Propose'), 'names Propose, which is no message of macp.mode.decision.v1'],
    [withValue(shapeA, 'initiator.kickoff.payload', 'Cv8='), 'cannot be decoded: the payload is not a macp.modes.decision.v1.ProposalPayload'],
    [withValue(shapeA, 'initiator.kickoff.payload', '!'), 'must be base64 of an encoded macp.modes.decision.v1.ProposalPayload'],
    [withValue(shapeA, 'initiator.kickoff.payload', ''), 'is not accepted: a Proposal needs proposal_id and option'],
    [withValue(shapeB, 'initiator.kickoff.payload', { option: 7 }), 'has a member option that must be a string, not a number'],
    [withValue(shapeA, 'initiator.sessionStart.participants', ['fraud-agent']), 'risk-agent is not a participant'],
    [without(shapeA, 'cancelCallback', 'port'), 'bootstrap.cancelCallback.port is required'],
    [withValue(shapeC, 'cancel_callback', { host: 'x', port: 70_000, path: 'y' }), 'bootstrap.cancelCallback.path must start with /'],
    [withValue(shapeA, 'session.context', []), 'bootstrap.session.context must be an object'],
    [[], 'the document must be a JSON object'],
  ])('names the rule that is broken (%#)', (document, text) => {
    const error = problemsOf(document);
    expect(error.code).toBe('INVALID_BOOTSTRAP');
    expect(error.message).toContain(text);
    expect(error.message).not.toContain(SECRET);
  });

  it('lists all problems at once, each with path, rule, found type, step and fix', () => {
    const error = problemsOf({ run: {}, participant: {}, runtime: { tls: false } });
    expect(error.problems.map(({ path, found, step }) => [path, found, step])).toEqual([
      ['run.sessionId', 'nothing', 'producer'],
      ['participant.participantId', 'nothing', 'step 1'],
      ['runtime.address', 'nothing', 'step 3'],
      ['runtime.bearerToken', 'nothing', 'step 3'],
    ]);
    expect(error.problems.every(({ fix, rule }) => fix.length > 10 && rule.length > 5)).toBe(true);
  });

  it('warns of an agent:// prefix on one side only', () => {
    expect(parseBootstrap(withValue(shapeC, 'participants', ['agent://risk-agent'])).warnings.join()).not.toContain('differ only');
    const evaluator = { ...without(shapeC, 'initiator'), participants: ['agent://risk-agent'] };
    expect(parseBootstrap(evaluator).warnings.join()).toContain('differ only in prefix');
  });

  it('accepts a development credential only when told to', () => {
    const document = without(shapeC, 'auth_token');
    expect(parseBootstrap(document, { allowDevelopmentCredential: true }).runtime.bearerToken).toBe('risk-agent');
  });

  it('takes an extension without a value for none', () => {
    const session_start = { intent: 'decide', participants: ['ann'], ttl_ms: 1_000, extensions: { a: undefined, b: 1 } };
    const { initiator } = parseBootstrap({ ...shapeC, participant_id: 'ann', initiator: { session_start } });
    expect(Object.keys(initiator?.sessionStart.extensions ?? {})).toEqual(['b']);
  });

  it('finds a hole in a list', () => {
    const participants = ['ann', 'bob', 'cid'];
    Reflect.deleteProperty(participants, 1);
    expect(() => parseBootstrap({ ...shapeC, initiator: undefined, participants })).toThrow(
      /bootstrap\.session\.participants must be a list of non-empty strings/,
    );
  });

  it('never prints a value, whatever is wrong', () => {
    const junk = oneof(constant(SECRET), constant([SECRET]), constant({ a: SECRET }), integer(), boolean(), constant(null));
    const keys = ['run', 'participant', 'runtime', 'participant_id', 'session_id', 'auth_token', 'initiator', 'cancel_callback', 'metadata', 'execution'];
    assert(
      property(dictionary(constantFrom(...keys), junk), (document) => {
        const { message, problems } = problemsOf(document);
        return problems.length > 0 && !message.includes(SECRET);
      }),
    );
  });
});

describe('conversion', () => {
  it('writes a nested form that the published schema accepts, and lists what it cannot hold', () => {
    const { document, lost } = convertBootstrap(parseBootstrap(shapeC), 'nested');
    const validate = new Ajv2020({ strict: false, formats: { uri: true } }).compile(agentBootstrapSchema);
    expect(validate(document) ? [] : validate.errors).toEqual([]);
    expect(lost).toEqual([
      'initiator.sessionStart.maxSuspendMs',
      'initiator.sessionStart.contextId',
      'initiator.sessionStart.extensions.note',
      'initiator.sessionStart.extensions.raw',
      'cancelCallback (port 0)',
      'cancelCallback.bearer (use MACP_CANCEL_CALLBACK_BEARER)',
    ]);
    expect(common(parseBootstrap(document))).toEqual(common(parseBootstrap(shapeC)));
  });

  it('writes a flat form that reads back the same', () => {
    const nested = parseBootstrap(shapeB);
    const { document, lost } = convertBootstrap(nested, 'flat');
    const back = parseBootstrap(document);
    expect(common(back)).toEqual(common(nested));
    expect(back.initiator).toEqual(nested.initiator);
    expect(lost).toEqual(['runtime.controlPlaneBaseUrl', 'runtime.controlPlaneApiKey']);
  });

  it('keeps what both forms can hold over a round trip', () => {
    const once = convertBootstrap(parseBootstrap(shapeC), 'flat').document;
    const twice = convertBootstrap(parseBootstrap(once), 'flat').document;
    expect(twice).toEqual(once);
    expect(once['cancel_callback']).toEqual(shapeC.cancel_callback);
  });
});

describe('explaining', () => {
  it('shows what the agent will do and no secret', () => {
    const text = explainBootstrap(parseBootstrap({ ...shapeC, extra_token: 'third-secret' }));
    expect(text).toContain('risk-agent (role risk)');
    expect(text).toContain('starts the session: "review order 77"');
    expect(text).not.toContain('secret');
  });

  it('masks members that are named like secrets at any depth', () => {
    const text = JSON.stringify(maskSecrets({ ...shapeC, list: [{ apiKey: 'sec-ret' }] }));
    expect(text).not.toMatch(/very-secret|cancel-secret|sec-ret/);
    expect(text).toContain('risk-agent');
  });
});

it('decodes the published example to a proposal', () => {
  expect(ProposalPayload.decode(parseBootstrap(shapeA).initiator?.kickoff?.bytes ?? Buffer.alloc(0))).toMatchObject({
    proposalId: 'order-77',
    option: 'review',
  });
});
