import { traceparentOf } from '@macp-agent/protocol';
import type { CompiledRun } from '../compile.js';
import type { CancelCallbackSettings, RuntimeTarget } from './bootstrap-document.js';
import type { AgentLaunch } from './load-agents.js';

/** Environment variables as a plain object. */
export type Env = Readonly<Record<string, string | undefined>>;

/** File descriptor on which an agent reports. */
export const REPORT_FD = 3;

/** What an agent inherits; everything else of the parent, its secrets above all, stays there. */
const INHERITED = new Set([
  'PATH',
  'HOME',
  'LANG',
  'TZ',
  'NO_COLOR',
  'TMPDIR',
  'NODE_EXTRA_CA_CERTS',
  'MACP_LOG_LEVEL',
  'MACP_PEER_WAIT_MS',
  'MACP_CHECKPOINT',
  'MACP_HUMAN_REVIEW',
  'MACP_REVIEW_ANSWER',
  'RISK_DECIDER_WAIT_ALL_TIMEOUT_MS',
  'RISK_DECIDER_SUSPEND_HOLD_MS',
  // Windows starts hardly any program without these.
  'SystemRoot',
  'TEMP',
  'USERPROFILE',
]);

interface EnvParts {
  readonly parent: Env;
  readonly launch: AgentLaunch;
  readonly compiled: CompiledRun;
  readonly participantId: string;
  readonly token: string;
  readonly runtime: RuntimeTarget;
  readonly bootstrapFile: string;
  readonly cancelCallback?: CancelCallbackSettings | undefined;
}

/** The environment of one agent process: an allow-list of the parent's, the agent's own, then the run's. Pure. */
export function agentEnv({ parent, launch, compiled, participantId, token, runtime, bootstrapFile, cancelCallback }: EnvParts): Record<string, string> {
  return {
    ...inherited(parent),
    ...launch.env,
    MACP_BOOTSTRAP_FILE: bootstrapFile,
    MACP_LOG_LEVEL: parent['MACP_LOG_LEVEL'] ?? 'info',
    MACP_FRAMEWORK: launch.framework,
    MACP_PARTICIPANT_ID: participantId,
    MACP_RUN_ID: compiled.runId,
    MACP_SESSION_ID: compiled.sessionId,
    MACP_RUNTIME_ADDRESS: runtime.address,
    MACP_RUNTIME_TOKEN: token,
    MACP_RUNTIME_TLS: runtime.tls === false ? 'false' : 'true',
    MACP_RUNTIME_ALLOW_INSECURE: runtime.allowInsecure === true ? 'true' : 'false',
    MACP_CANCEL_CALLBACK_HOST: cancelCallback?.host ?? '',
    MACP_CANCEL_CALLBACK_PORT: cancelCallback === undefined ? '' : '0',
    MACP_CANCEL_CALLBACK_PATH: cancelCallback?.path ?? '',
    ...(cancelCallback === undefined ? {} : { MACP_CANCEL_CALLBACK_BEARER: cancelCallback.bearer }),
    MACP_REPORT_FD: String(REPORT_FD),
    // Under it, what an instrumented agent does becomes part of the trace of its session.
    TRACEPARENT: traceparentOf(compiled.sessionId, participantId),
    EXAMPLE_AGENT_ENTRYPOINT: launch.entrypoint,
    ...(/python/.test(launch.command) ? { PYTHONUNBUFFERED: '1' } : {}),
  };
}

function inherited(parent: Env): Record<string, string> {
  const provider = providerPrefix(parent['MACP_MODEL']);
  const passes = (name: string): boolean => INHERITED.has(name) || name.startsWith('MACP_MODEL') || (provider !== undefined && name.startsWith(provider));
  return Object.fromEntries(Object.entries(parent).flatMap(([name, value]) => (value !== undefined && passes(name) ? [[name, value]] : [])));
}

/** `openai:gpt-x` lets the variables of that provider through, its key among them; without a model no key leaves this process. */
function providerPrefix(model: string | undefined): string | undefined {
  const word = /^([a-z]+)/i.exec(model ?? '')?.[1];
  return word === undefined ? undefined : `${word.toUpperCase()}_`;
}
