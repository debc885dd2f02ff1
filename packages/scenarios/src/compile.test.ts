import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { InvalidInputsError } from './check-inputs.js';
import { compileScenario } from './compile.js';
import { loadPacks } from './load-packs.js';
import { findScenario, type Scenario } from './load-scenario.js';
import { readSetInputs } from './set-inputs.js';
import { substitute } from './substitute.js';

const examples = fileURLToPath(new URL('../../../examples', import.meta.url));
const fraud = findScenario(loadPacks([examples]), 'fraud/high-value-new-device@1.0.0');

/** The smallest useful scenario of the pack guide. */
const shop = (changes: { launch?: object; schema?: object } = {}): Scenario => ({
  ref: 'shop/order-review@1.0.0',
  file: join(examples, 'scenario.yaml'),
  folder: examples,
  document: {
    apiVersion: 'scenarios.macp.dev/v1',
    kind: 'ScenarioVersion',
    metadata: { pack: 'shop', scenario: 'order-review', version: '1.0.0', name: 'Order review', tags: ['shop', 'orders'] },
    spec: {
      inputs: {
        schema: {
          type: 'object',
          required: ['amount'],
          properties: { orderId: { type: 'string', default: 'O-1' }, amount: { type: 'number', minimum: 0 } },
          ...changes.schema,
        },
      },
      launch: {
        modeName: 'macp.mode.decision.v1',
        modeVersion: '1.0.0',
        configurationVersion: 'config.default',
        policyVersion: 'policy.default',
        ttlMs: 60_000,
        initiatorParticipantId: 'lead',
        participants: [
          { id: 'lead', role: 'lead', agentRef: 'lead' },
          { id: 'checker', role: 'checker', agentRef: 'checker' },
        ],
        contextTemplate: { amount: '{{ inputs.amount }}' },
        metadataTemplate: { intent: 'review order {{ inputs.orderId }}' },
        kickoffTemplate: [{ from: 'lead', to: ['checker'], kind: 'proposal', payload: { proposal_id: '{{ inputs.orderId }}-r1', option: 'ship' } }],
        ...changes.launch,
      },
    },
  },
  templates: new Map([
    [
      'big',
      {
        kind: 'ScenarioTemplate',
        metadata: { slug: 'big' },
        spec: {
          defaults: { amount: 9000 },
          overrides: { launch: { ttlMs: 30_000, metadataTemplate: { posture: 'big' }, participants: [{ id: 'lead', role: 'lead', agentRef: 'lead' }] } },
        },
      },
    ],
  ]),
  policies: [],
  agentFolders: [],
});

describe('a compiled scenario', () => {
  it('carries the values of the pack guide', () => {
    const run = compileScenario(shop(), { inputs: { amount: 12.5 } });
    expect(run.scenarioMeta.sessionContext).toEqual({ amount: 12.5 });
    expect(run.initiator.sessionStart.intent).toBe('review order O-1');
    expect(run.initiator.kickoff).toEqual({ messageType: 'Proposal', payload: { proposal_id: 'O-1-r1', option: 'ship' } });
    expect(run.runDescriptor.execution.tags).toEqual(['example', 'shop', 'order-review', 'orders']);
    expect(run.runDescriptor.session.metadata).toMatchObject({ scenarioRef: 'shop/order-review@1.0.0', templateId: 'default' });
    expect(run.mode).toBe('sandbox');
    expect(run.runId).toBe(run.sessionId);
  });

  it('is the same for the same ids and inputs, and cannot be changed', () => {
    const options = { inputs: { amount: 1 }, sessionId: '0b7a6f0e-5a0e-4a43-8f3a-2a7f1b9c7d11' };
    expect(compileScenario(shop(), options)).toEqual(compileScenario(shop(), options));
    expect(Object.isFrozen(compileScenario(shop(), options).initiator.sessionStart)).toBe(true);
  });

  it('merges a template: defaults below the inputs, launch deep, lists replaced', () => {
    const run = compileScenario(shop(), { templateId: 'big', inputs: { orderId: 'O-7' } });
    expect(run.scenarioMeta.sessionContext).toEqual({ amount: 9000 });
    expect(run.initiator.sessionStart).toMatchObject({ ttlMs: 30_000, participants: ['lead'], intent: 'review order O-7' });
    expect(run.runDescriptor.session.metadata).toMatchObject({ posture: 'big', intent: 'review order O-7' });
    expect(compileScenario(shop(), { templateId: 'big', inputs: { amount: 3 } }).scenarioMeta.sessionContext).toEqual({ amount: 3 });
  });

  it('falls back to the kickoff sender and then to the first participant as initiator', () => {
    const checker = { launch: { initiatorParticipantId: undefined, kickoffTemplate: [{ from: 'checker', kind: 'context' }] } };
    const run = compileScenario(shop(checker), { inputs: { amount: 1 } });
    expect(run.initiator.participantId).toBe('checker');
    expect(run.initiator.kickoff?.messageType).toBe('Signal');
    expect(
      compileScenario(shop({ launch: { initiatorParticipantId: undefined, kickoffTemplate: [] } }), { inputs: { amount: 1 } }).initiator.participantId,
    ).toBe('lead');
  });

  it('names an unknown template and what there is', () => {
    expect(() => compileScenario(shop(), { templateId: 'bgi' })).toThrow(
      expect.objectContaining({ code: 'TEMPLATE_NOT_FOUND', message: expect.stringMatching(/Did you mean big\?.*default, big/) as string }) as Error,
    );
  });

  it('refuses an initiator that does not take part, a participant listed twice, and a bad session id', () => {
    expect(() => compileScenario(shop({ launch: { initiatorParticipantId: 'ghost' } }), { inputs: { amount: 1 } })).toThrow(
      /ghost, which is not a participant/,
    );
    const twice = [1, 2].map(() => ({ id: 'lead', role: 'x', agentRef: 'y' }));
    expect(() => compileScenario(shop({ launch: { participants: twice } }), { inputs: { amount: 1 } })).toThrow(/lead twice/);
    expect(() => compileScenario(shop(), { inputs: { amount: 1 }, sessionId: 'short' })).toThrow(
      expect.objectContaining({ code: 'INVALID_SESSION_ID' }) as Error,
    );
  });
});

describe('inputs', () => {
  it('are reported all at once, each with path, rule and example', () => {
    const error = catchError(() => compileScenario(fraud, { inputs: { transactionAmount: 'lots', deviceTrustScore: 2, isVipCustomr: true } }));
    expect(error).toBeInstanceOf(InvalidInputsError);
    expect((error as InvalidInputsError).problems).toEqual([
      expect.objectContaining({ path: 'isVipCustomr', rule: expect.stringContaining('Did you mean isVipCustomer?') as string }),
      { path: 'transactionAmount', rule: 'must be number', example: 'transactionAmount=2400' },
      { path: 'deviceTrustScore', rule: 'must be <= 1', example: 'deviceTrustScore=0.18' },
    ]);
    expect((error as Error).message).toContain('for example --set transactionAmount=2400');
  });

  it('refuse a number that is too large to be one', () => {
    const error = catchError(() => compileScenario(fraud, { inputs: { transactionAmount: JSON.parse('1e999') as number } }));
    expect((error as InvalidInputsError).problems.map(({ path }) => path)).toEqual(['transactionAmount']);
  });

  it('that are missing are named', () => {
    expect(() => compileScenario(shop())).toThrow(/amount is required, for example --set amount=0/);
  });

  it('are never converted, and a schema that is not valid is a fault of the pack', () => {
    expect(() => compileScenario(shop(), { inputs: { amount: '5' } })).toThrow(/amount must be number/);
    expect(() => compileScenario(shop({ schema: { type: 'nonsense' } }), { inputs: { amount: 5 } })).toThrow(
      expect.objectContaining({ code: 'INVALID_PACK_DATA' }) as Error,
    );
  });

  it('from --set are literal for strings and JSON for the rest', () => {
    const schema = { properties: { id: { type: 'string' }, n: { type: 'number' }, deep: { type: 'object', properties: { s: { type: 'string' } } } } };
    expect(readSetInputs(['id=0012', 'n=1.5', 'deep.s=true', 'x={"a":[1]}', 'y=plain', 'n2='], schema).inputs).toEqual({
      id: '0012',
      n: 1.5,
      deep: { s: 'true' },
      x: { a: [1] },
      y: 'plain',
      n2: '',
    });
    expect(readSetInputs(['id=a=b'], schema)).toEqual({ inputs: { id: 'a=b' }, problems: [] });
  });
});

describe('words that are not key=value', () => {
  const schema = { properties: { amount: { type: 'number', default: 5 } } };

  it.each([
    ['novalue', 'novalue', 'is not key=value', 'amount=5'],
    ['amount', 'amount', 'is not key=value', 'amount=5'],
    ['amuont', 'amuont', 'is not key=value. Did you mean amount?', 'amount=5'],
    ['=5', '=5', 'is not key=value', 'amount=5'],
    ['', '--set', 'is not key=value', 'amount=5'],
  ])('are problems: %j', (word, path, rule, example) => {
    expect(readSetInputs([word, 'amount=7'], schema)).toEqual({ inputs: { amount: 7 }, problems: [{ path, rule, example }] });
  });

  it('have an example without a schema too', () => {
    expect(readSetInputs(['x'], {}).problems).toEqual([{ path: 'x', rule: 'is not key=value', example: 'key=value' }]);
  });
});

describe('placeholders', () => {
  const scope = { inputs: { n: 1.5, flag: false, none: null, list: ['x'], o: { k: 'v' } } };

  it.each([
    ['{{ inputs.n }}', 1.5],
    ['{{inputs.flag}}', false],
    ['{{ inputs.none }}', null],
    ['is {{ inputs.none }} and {{ inputs.n }}', 'is null and 1.5'],
    ['{{ inputs.list.0 }}', 'x'],
    ['{{ inputs.o }}', { k: 'v' }],
    ['{{ not a path! }}', '{{ not a path! }}'],
  ])('%j becomes %j', (text, value) => {
    expect(substitute(text, scope)).toEqual(value);
  });

  it('leave keys alone and name an unknown path', () => {
    expect(substitute({ '{{ inputs.n }}': ['{{ inputs.n }}'] }, scope)).toEqual({ '{{ inputs.n }}': [1.5] });
    for (const path of ['inputs.missing', 'inputs.none.x', 'inputs.constructor', 'other']) {
      expect(() => substitute(`{{ ${path} }}`, scope)).toThrow(
        expect.objectContaining({ code: 'COMPILATION_ERROR', message: `undefined placeholder: {{ ${path} }}` }) as Error,
      );
    }
  });
});

describe('fraud/high-value-new-device@1.0.0', () => {
  it.each([
    ['default', 'policy.default', undefined, 300_000],
    ['majority-veto', 'policy.fraud.majority-veto', 'majority', 300_000],
    ['strict-risk', 'policy.default', undefined, 180_000],
    ['unanimous', 'policy.fraud.unanimous', 'unanimous', 300_000],
    ['suspend-demo', 'policy.fraud.majority-veto', 'majority', 300_000],
  ])('has the template %s under %s', (templateId, policyVersion, type, ttlMs) => {
    const run = compileScenario(fraud, { templateId });
    expect(run.initiator.participantId).toBe('risk-agent');
    expect(run.initiator.sessionStart).toMatchObject({ policyVersion, ttlMs, intent: 'evaluate high value transaction from a new device' });
    expect(run.scenarioMeta.policyHints['type']).toBe(type);
    expect(run.policy?.policyId ?? 'policy.default').toBe(policyVersion);
    expect(run.expected?.state).toBe('RESOLVED');
    expect(run.initiator.kickoff).toMatchObject({
      messageType: 'Proposal',
      payloadType: 'macp.modes.decision.v1.ProposalPayload',
      payload: { option: 'evaluate_transaction', proposal_id: `${String(run.scenarioMeta.sessionContext['customerId'])}-initial-review` },
    });
  });

  it('expects nothing of inputs that are not the defaults', () => {
    expect(compileScenario(fraud, { inputs: { transactionAmount: 100 } }).expected).toBeUndefined();
  });
});

function catchError(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
