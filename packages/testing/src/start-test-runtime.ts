import { DEFAULT_POLICY_ID, MODE_DECISION, type PolicyDefinition } from '@macp-agent/protocol';
import { startRuntime } from '@macp-agent/runtime';
import { loadPolicy } from './load-policy.js';

/** What `startTestRuntime` takes. */
export interface TestRuntimeOptions {
  /** Policies beside policy.default: definitions, or files as `loadPolicy` reads them. */
  readonly policies?: readonly (PolicyDefinition | string | URL)[];
  /** Gives the start up with ABORTED; no effect later, `close()` ends the runtime. */
  readonly signal?: AbortSignal | undefined;
}

/** Who an agent is in a session, and what it is told. */
export interface TestBootstrap {
  readonly participantId: string;
  readonly sessionId: string;
  readonly participants: readonly string[];
  /** Default: the participant id. */
  readonly role?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** Default policy.default. */
  readonly policyVersion?: string;
  readonly policyHints?: Readonly<Record<string, unknown>>;
  /** Given to the initiator alone: it then opens the session and sends the proposal. */
  readonly start?: { readonly ttlMs: number; readonly proposal: { readonly proposalId: string; readonly option: string; readonly rationale?: string } };
}

/** A running runtime of a test. */
export interface TestRuntime {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** A bootstrap document of the decision mode for `fromBootstrap`, or as JSON for MACP_BOOTSTRAP_FILE. */
  bootstrap(agent: TestBootstrap): object;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A runtime in this process on a port of its own, for tests. It takes any bearer token as the name of its sender, so that there
 * are no tokens to make; never use it for anything but tests. Throws INVALID_POLICY_DEFINITION for a bad policy. Experimental.
 */
export async function startTestRuntime({ policies = [], signal }: TestRuntimeOptions = {}): Promise<TestRuntime> {
  const runtime = await startRuntime({
    policies: policies.map((policy) => (typeof policy === 'string' || policy instanceof URL ? loadPolicy(policy) : policy)),
    signal,
  });
  const close = (): Promise<void> => runtime.close(0);
  return { address: runtime.address, bootstrap: (agent) => document(runtime.address, agent), close, [Symbol.asyncDispose]: close };
}

function document(
  address: string,
  { participantId, sessionId, participants, role = participantId, inputs = {}, policyVersion = DEFAULT_POLICY_ID, policyHints = {}, start }: TestBootstrap,
): object {
  return {
    participant_id: participantId,
    session_id: sessionId,
    mode: MODE_DECISION,
    runtime_address: address,
    auth_token: participantId,
    secure: false,
    allow_insecure: true,
    participants,
    policy_version: policyVersion,
    ...(start !== undefined && {
      initiator: { session_start: { intent: 'test', participants, ttl_ms: start.ttlMs }, kickoff: { message_type: 'Proposal', payload: start.proposal } },
    }),
    metadata: { role, session_context: inputs, policy_hints: policyHints },
  };
}
