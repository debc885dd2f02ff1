import type { Field } from './bootstrap-document.js';
import type { BootstrapStep } from './bootstrap-problem.js';

const START_KEYS = ['initiator.sessionStart', 'initiator.sessionStartPayload', 'initiator.session_start'];

/** The places of the start payload, in the order of preference. */
export const START_PATHS: readonly string[] = START_KEYS;

/** A member of the start payload under every spelling of payload and member. */
export const inStart = (...names: string[]): string[] => START_KEYS.flatMap((start) => names.map((name) => `${start}.${name}`));

const field = (path: string, from: readonly string[], step: BootstrapStep, fix: string, env?: string): Field => ({
  path,
  from,
  step,
  fix,
  ...(env !== undefined && { env }),
});
const producer = (path: string, from: readonly string[], env?: string): Field =>
  field(path, from, 'producer', `let the producer write it (flat key: ${from.find((name) => name.includes('_')) ?? 'none'}).`, env);

/** Every field of the document: its names in the order of preference, its variable, and the fix when it is wrong. */
export const FIELDS = {
  sessionId: field(
    'run.sessionId',
    ['run.sessionId', 'run.session_id', 'session_id', 'sessionId'],
    'producer',
    'whatever produces the run must allocate the session id and give the same one to every agent (flat key session_id, variable MACP_SESSION_ID).',
    'MACP_SESSION_ID',
  ),
  runId: producer('run.runId', ['run.runId', 'run.run_id', 'metadata.run_id', 'run_id'], 'MACP_RUN_ID'),
  traceId: producer('run.traceId', ['run.traceId', 'run.trace_id', 'metadata.trace_id']),
  participantId: field(
    'participant.participantId',
    ['participant.participantId', 'participant.participant_id', 'participant_id', 'participantId'],
    'step 1',
    'use the sender id that the runtime binds to the token, byte for byte (flat key participant_id, variable MACP_PARTICIPANT_ID).',
    'MACP_PARTICIPANT_ID',
  ),
  expectedSender: producer('auth.expected_sender', ['auth.expected_sender']),
  agentId: producer('participant.agentId', ['participant.agentId', 'participant.agent_id', 'metadata.agent_ref', 'agent_id']),
  displayName: producer('participant.displayName', ['participant.displayName', 'participant.display_name']),
  role: producer('participant.role', ['participant.role', 'metadata.role'], 'MACP_PARTICIPANT_ROLE'),
  mode: producer('mode', ['mode', 'execution.modeName', 'execution.mode_name', 'session.mode']),
  address: field(
    'runtime.address',
    ['runtime.address', 'runtime.runtimeUrl', 'runtime.runtime_url', 'runtime_address', 'runtime_url'],
    'step 3',
    'set MACP_RUNTIME_ADDRESS for the producer (or for this process) to host:port of the gRPC endpoint (flat key runtime_address).',
    'MACP_RUNTIME_ADDRESS',
  ),
  bearerToken: field(
    'runtime.bearerToken',
    ['runtime.bearerToken', 'runtime.bearer_token', 'auth_token', 'auth.bearer_token'],
    'step 3',
    'add an entry for this sender to the token map of the producer (EXAMPLES_SERVICE_AGENT_TOKENS_JSON), or set MACP_RUNTIME_TOKEN (flat key auth_token).',
    'MACP_RUNTIME_TOKEN',
  ),
  tls: field(
    'runtime.tls',
    ['runtime.tls', 'runtime.secure', 'secure'],
    'transport',
    'write true, or false for a plaintext runtime (variable MACP_RUNTIME_TLS).',
    'MACP_RUNTIME_TLS',
  ),
  allowInsecure: field(
    'runtime.allowInsecure',
    ['runtime.allowInsecure', 'runtime.allow_insecure', 'allow_insecure'],
    'transport',
    'turn TLS on, or set runtime.allowInsecure (flat key allow_insecure, variable MACP_RUNTIME_ALLOW_INSECURE) to true on a trusted network.',
    'MACP_RUNTIME_ALLOW_INSECURE',
  ),
  controlPlaneBaseUrl: producer('runtime.controlPlaneBaseUrl', ['runtime.controlPlaneBaseUrl', 'runtime.baseUrl']),
  controlPlaneApiKey: producer('runtime.controlPlaneApiKey', ['runtime.controlPlaneApiKey', 'runtime.apiKey']),
  participants: field(
    'session.participants',
    [...inStart('participants'), 'session.participants', 'participants'],
    'scenario',
    'list the sender ids of all participants (flat key participants).',
  ),
  modeVersion: producer('execution.modeVersion', [
    ...inStart('modeVersion', 'mode_version'),
    'execution.modeVersion',
    'execution.mode_version',
    'mode_version',
  ]),
  configurationVersion: producer('execution.configurationVersion', [
    ...inStart('configurationVersion', 'configuration_version'),
    'execution.configurationVersion',
    'execution.configuration_version',
    'configuration_version',
  ]),
  policyVersion: producer('execution.policyVersion', [
    ...inStart('policyVersion', 'policy_version'),
    'execution.policyVersion',
    'execution.policy_version',
    'policy_version',
  ]),
  intent: field('initiator.sessionStart.intent', inStart('intent'), 'scenario', 'say in one line what the session decides.'),
  ttlMs: field(
    'initiator.sessionStart.ttlMs',
    [...inStart('ttlMs', 'ttl_ms'), 'execution.ttlMs', 'execution.ttl_ms'],
    'scenario',
    'use milliseconds between 1 and 86400000.',
  ),
  maxSuspendMs: field(
    'initiator.sessionStart.maxSuspendMs',
    inStart('maxSuspendMs', 'max_suspend_ms'),
    'scenario',
    'use milliseconds; 0 or nothing means 7 days.',
  ),
  contextId: producer('initiator.sessionStart.contextId', inStart('contextId', 'context_id')),
  extensions: field('initiator.sessionStart.extensions', inStart('extensions'), 'scenario', 'write an object; raw bytes as {"base64": "..."}.'),
  context: field('initiator.sessionStart.context', inStart('context'), 'scenario', 'write base64 text or an object.'),
  roots: field('initiator.sessionStart.roots', inStart('roots'), 'scenario', 'write a list of {uri, name}.'),
  kickoff: field('initiator.kickoff', ['initiator.kickoff', 'kickoff'], 'scenario', 'write {messageType, payload}.'),
  cancelHost: field(
    'cancelCallback.host',
    ['cancelCallback.host', 'cancel_callback.host'],
    'producer',
    'give host, port and path, or leave cancelCallback out.',
    'MACP_CANCEL_CALLBACK_HOST',
  ),
  cancelPort: field(
    'cancelCallback.port',
    ['cancelCallback.port', 'cancel_callback.port'],
    'producer',
    'give a port; 0 lets the system choose.',
    'MACP_CANCEL_CALLBACK_PORT',
  ),
  cancelPath: field(
    'cancelCallback.path',
    ['cancelCallback.path', 'cancel_callback.path'],
    'producer',
    'give a path such as /agent/cancel.',
    'MACP_CANCEL_CALLBACK_PATH',
  ),
  cancelBearer: field(
    'cancelCallback.bearer',
    ['cancelCallback.bearer', 'cancel_callback.bearer'],
    'producer',
    'write it as text.',
    'MACP_CANCEL_CALLBACK_BEARER',
  ),
  sessionContext: field(
    'session.context',
    ['session.context', 'metadata.session_context'],
    'scenario',
    'write the scenario inputs as an object (variable MACP_SESSION_CONTEXT_JSON).',
    'MACP_SESSION_CONTEXT_JSON',
  ),
  scenarioRef: producer('execution.scenarioRef', ['execution.scenarioRef', 'execution.scenario_ref', 'metadata.scenario_ref']),
  policyHints: field(
    'execution.policyHints',
    ['execution.policyHints', 'execution.policy_hints', 'metadata.policy_hints'],
    'policy',
    'write the hints as an object.',
  ),
  framework: producer('agent.framework', ['agent.framework', 'metadata.framework'], 'MACP_FRAMEWORK'),
} as const satisfies Record<string, Field>;
