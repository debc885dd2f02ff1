import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileScenario } from '../compile.js';
import { loadPacks } from '../load-packs.js';
import { findScenario } from '../load-scenario.js';
import { parseAgentTokens, pickAgentTokens } from '../run/agent-tokens.js';
import { agentEnv } from './agent-env.js';
import { bootstrapDocument } from './bootstrap-document.js';
import type { AgentLaunch } from './load-agents.js';

const fraud = findScenario(loadPacks([fileURLToPath(new URL('../../../../examples', import.meta.url))]), 'fraud/high-value-new-device@1.0.0');
const compiled = compileScenario(fraud, { templateId: 'suspend-demo', sessionId: '0b7a6f0e-5a0e-4a43-8f3a-2a7f1b9c7d11' });
const runtime = { address: '127.0.0.1:50051', tls: false, allowInsecure: true };
const cancelCallback = { host: '127.0.0.1', path: '/agent/cancel', bearer: 'callback-secret' };
const launch: AgentLaunch = {
  agentRef: 'fraud-agent',
  framework: 'langgraph',
  external: false,
  command: 'node',
  args: [],
  cwd: '/',
  env: { OWN: '1' },
  entrypoint: 'dist/main.js',
  startupTimeoutMs: 1,
};
const of = (participantId: string) =>
  bootstrapDocument({ compiled, participantId, framework: 'custom', token: `token-of-${participantId}`, runtime, cancelCallback });

describe('the bootstrap document', () => {
  it('of an evaluator has no initiator block', () => {
    expect(of('fraud-agent')).toEqual({
      participant_id: 'fraud-agent',
      session_id: '0b7a6f0e-5a0e-4a43-8f3a-2a7f1b9c7d11',
      mode: 'macp.mode.decision.v1',
      runtime_address: '127.0.0.1:50051',
      runtime_url: '127.0.0.1:50051',
      auth_token: 'token-of-fraud-agent',
      secure: false,
      allow_insecure: true,
      participants: ['fraud-agent', 'growth-agent', 'compliance-agent', 'risk-agent'],
      mode_version: '1.0.0',
      configuration_version: 'config.default',
      policy_version: 'policy.fraud.majority-veto',
      cancel_callback: { host: '127.0.0.1', port: 0, path: '/agent/cancel', bearer: 'callback-secret' },
      metadata: {
        run_id: compiled.runId,
        scenario_ref: 'fraud/high-value-new-device@1.0.0',
        role: 'fraud',
        framework: 'custom',
        agent_ref: 'fraud-agent',
        policy_hints: compiled.scenarioMeta.policyHints,
        session_context: compiled.scenarioMeta.sessionContext,
      },
    });
  });

  it('of the initiator says how to start the session and what to send first', () => {
    expect(of('risk-agent')['initiator']).toMatchObject({
      session_start: {
        intent: 'evaluate high value transaction from a new device',
        ttl_ms: 300_000,
        max_suspend_ms: 15_000,
        policy_version: 'policy.fraud.majority-veto',
      },
      kickoff: { message_type: 'Proposal', payload: { proposal_id: 'CUST-SUSPEND-2001-initial-review', option: 'evaluate_transaction' } },
    });
  });
});

describe('the environment of an agent', () => {
  const env = (parent: Record<string, string>) =>
    agentEnv({ parent, launch, compiled, participantId: 'fraud-agent', token: 't', runtime, bootstrapFile: '/b.json', cancelCallback });

  it('lets nothing of the parent through but an allow-list', () => {
    const result = env({
      PATH: '/bin',
      AWS_SECRET_ACCESS_KEY: 'x',
      OPENAI_API_KEY: 'k',
      MACP_AUTH_TOKENS_JSON: '{}',
      EXAMPLES_SERVICE_AGENT_TOKENS_JSON: '{}',
      NODE_OPTIONS: '--inspect',
      RISK_DECIDER_SUSPEND_HOLD_MS: '200',
    });
    expect(
      Object.keys(result)
        .filter((name) => !name.startsWith('MACP_') && name !== 'EXAMPLE_AGENT_ENTRYPOINT' && name !== 'TRACEPARENT')
        .toSorted(),
    ).toEqual(['OWN', 'PATH', 'RISK_DECIDER_SUSPEND_HOLD_MS']);
    expect(result).not.toHaveProperty('MACP_AUTH_TOKENS_JSON');
    expect(result).toMatchObject({
      MACP_BOOTSTRAP_FILE: '/b.json',
      MACP_LOG_LEVEL: 'info',
      MACP_RUNTIME_TOKEN: 't',
      MACP_RUNTIME_TLS: 'false',
      MACP_RUNTIME_ALLOW_INSECURE: 'true',
      MACP_CANCEL_CALLBACK_BEARER: 'callback-secret',
      MACP_REPORT_FD: '3',
    });
  });

  it('gives a chosen model the key of its provider, and no other', () => {
    const result = env({ MACP_MODEL: 'openai:gpt-x', MACP_MODEL_TIMEOUT_MS: '1', OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'u', ANTHROPIC_API_KEY: 'a' });
    expect(result).toMatchObject({ MACP_MODEL: 'openai:gpt-x', MACP_MODEL_TIMEOUT_MS: '1', OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'u' });
    expect(result).not.toHaveProperty('ANTHROPIC_API_KEY');
  });
});

describe('the token map', () => {
  const bindings = [
    { participantId: 'a', role: 'r', agentRef: 'shared' },
    { participantId: 'b', role: 'r', agentRef: 'shared' },
  ];

  it('is asked by participant id first, then by agentRef', () => {
    expect([...pickAgentTokens(parseAgentTokens('{"a":"1","shared":"2"}', 'T'), bindings, 'T')]).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  it('without an entry names the sender and onboarding step 3', () => {
    expect(() => pickAgentTokens(new Map([['a', '1']]), bindings, 'TOKENS')).toThrow(
      expect.objectContaining({
        code: 'INVALID_BOOTSTRAP',
        message: expect.stringMatching(
          /bootstrap\.runtime\.bearerToken is required: TOKENS has no token for the sender b\. Fix \(onboarding step 3\)/,
        ) as string,
      }) as Error,
    );
  });

  it.each([
    ['{"a": secret}', /T must be valid JSON \(object of string→string\)/],
    ['["x"]', /object of string→string/],
    ['{"a":""}', /\[a\] must be a non-empty string/],
    ['{"a":5}', /\[a\] must be a non-empty string/],
  ])('that is not valid (%s) is refused without showing it', (text, message) => {
    expect(() => parseAgentTokens(text, 'T')).toThrow(message);
    expect(() => parseAgentTokens(text, 'T')).not.toThrow(/secret/);
  });
});
