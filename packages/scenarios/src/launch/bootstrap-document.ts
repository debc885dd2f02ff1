import type { CompiledRun } from '../compile.js';
import type { JsonObject } from '../json-value.js';

/** Where the agents of a run reach the runtime. */
export interface RuntimeTarget {
  readonly address: string;
  /** Default true. */
  readonly tls?: boolean | undefined;
  /** Plaintext, by name. */
  readonly allowInsecure?: boolean | undefined;
}

/** Where agents listen for a cancel; port 0, the bound one is in their ready report. */
export interface CancelCallbackSettings {
  readonly host: string;
  readonly path: string;
  readonly bearer: string;
}

interface BootstrapParts {
  readonly compiled: CompiledRun;
  readonly participantId: string;
  readonly framework: string;
  readonly token: string;
  readonly runtime: RuntimeTarget;
  readonly cancelCallback?: CancelCallbackSettings | undefined;
}

/** The flat bootstrap document of one agent (shape C; every SDK reads it). It carries the agent's token: a secret. Pure. */
export function bootstrapDocument({ compiled, participantId, framework, token, runtime, cancelCallback }: BootstrapParts): JsonObject {
  const { initiator, scenarioMeta, display, runDescriptor } = compiled;
  const { sessionStart, kickoff } = initiator;
  const binding = compiled.participantBindings.find((one) => one.participantId === participantId);
  return {
    participant_id: participantId,
    session_id: compiled.sessionId,
    mode: runDescriptor.session.modeName,
    runtime_address: runtime.address,
    runtime_url: runtime.address,
    auth_token: token,
    secure: runtime.tls ?? true,
    allow_insecure: runtime.allowInsecure ?? false,
    participants: sessionStart.participants,
    mode_version: sessionStart.modeVersion,
    configuration_version: sessionStart.configurationVersion,
    policy_version: sessionStart.policyVersion,
    ...(participantId !== initiator.participantId
      ? {}
      : {
          initiator: {
            session_start: {
              intent: sessionStart.intent,
              participants: sessionStart.participants,
              ttl_ms: sessionStart.ttlMs,
              ...(sessionStart.maxSuspendMs === undefined ? {} : { max_suspend_ms: sessionStart.maxSuspendMs }),
              mode_version: sessionStart.modeVersion,
              configuration_version: sessionStart.configurationVersion,
              policy_version: sessionStart.policyVersion,
              ...(sessionStart.contextId === undefined ? {} : { context_id: sessionStart.contextId }),
              ...(sessionStart.extensions === undefined ? {} : { extensions: sessionStart.extensions }),
            },
            ...(kickoff === undefined
              ? {}
              : {
                  kickoff: {
                    message_type: kickoff.messageType,
                    ...(kickoff.payloadType === undefined ? {} : { payload_type: kickoff.payloadType }),
                    payload: kickoff.payload,
                  },
                }),
          },
        }),
    ...(cancelCallback === undefined
      ? {}
      : { cancel_callback: { host: cancelCallback.host, port: 0, path: cancelCallback.path, bearer: cancelCallback.bearer } }),
    metadata: {
      run_id: compiled.runId,
      scenario_ref: display.scenarioRef,
      role: binding?.role ?? '',
      framework,
      agent_ref: binding?.agentRef ?? '',
      policy_hints: scenarioMeta.policyHints,
      session_context: scenarioMeta.sessionContext,
    },
  };
}
