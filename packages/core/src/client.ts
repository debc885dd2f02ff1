import {
  MACP_VERSION,
  type Ack,
  type AgentManifest,
  type Envelope,
  type InitializeResponse,
  type ModeDescriptor,
  type PartialFields,
  type PolicyDescriptor,
  type Root,
  type SessionLifecycleEvent,
  type SessionMetadata,
} from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';
import { requireAuth, type AuthConfig } from './auth.js';
import { readCallOptions, type AckOptions, type CallOptions } from './call-options.js';
import type { ClientOptions } from './client-options.js';
import { MacpSdkError } from './errors.js';
import { ProtoRegistry } from './proto-registry.js';
import * as modes from './registry/modes.js';
import * as policies from './registry/policies.js';
import { Connection } from './rpc/connection.js';
import { MacpStream } from './rpc/macp-stream.js';
import { sendEnvelope, type SendOptions } from './rpc/send.js';
import { sendProgress, sendSignal, type ProgressInput, type SignalInput } from './rpc/signals.js';
import { control, getSession, listSessionsPage } from './session/control.js';
import { LifecycleHub } from './watch/lifecycle-hub.js';
import {
  watchModeRegistry,
  watchPolicies,
  watchRoots,
  watchSessions,
  watchSignals,
  type PoliciesChange,
  type RegistryChange,
  type RootsChange,
  type WatchOptions,
} from './watch/watches.js';

/**
 * A connection to one runtime: every RPC of `macp.v1.MACPRuntimeService`. Connects on the first call. Calls fail with
 * MacpTransportError (and its subclasses), with MacpAckError when the runtime refuses a message, with ABORTED when their signal
 * fires, and with CREDENTIAL_REQUIRED when they need a credential and there is none.
 */
export class MacpClient {
  /** For the parts of this package; not part of the public surface. */
  readonly connection: Connection;
  readonly #hubs = new WeakMap<AuthConfig, LifecycleHub>();
  readonly #hubsByToken = new Map<string, LifecycleHub>();
  /** Messages by their protobuf names. */
  readonly protoRegistry = new ProtoRegistry();
  #runtime: InitializeResponse | undefined;

  /** Throws INVALID_OPTIONS when the address or the transport is not acceptable; see `resolveClientOptions`. */
  constructor(options: ClientOptions) {
    this.connection = new Connection(options);
  }

  /** Credential of calls that name none. */
  get auth(): AuthConfig | undefined {
    return this.connection.auth;
  }

  /** The answer of the last `initialize()`. */
  get runtime(): InitializeResponse | undefined {
    return this.#runtime;
  }

  /** Whether the runtime advertised an experimental feature in Initialize; false before `initialize()`. */
  supports(feature: string): boolean {
    return this.#runtime?.capabilities?.experimental?.features[feature] === 'true';
  }

  /** Sender that envelopes of this credential carry when they name none. */
  senderHint(auth?: AuthConfig): string | undefined {
    const used = auth ?? this.auth;
    return used?.expectedSender ?? used?.senderHint;
  }

  /** Agrees on the protocol version; UNSUPPORTED_PROTOCOL_VERSION when there is none (RFC-MACP-0001 §4). */
  async initialize(options?: CallOptions | number): Promise<InitializeResponse> {
    const { clientName, clientVersion } = this.connection.resolved;
    const request = {
      supportedProtocolVersions: [MACP_VERSION],
      clientInfo: { name: clientName, title: '', version: clientVersion, description: '', websiteUrl: '' },
    };
    const answer = await this.connection.unary(runtimeService.Initialize, request, readCallOptions(options), { what: 'Initialize', repeatable: true });
    if (answer.selectedProtocolVersion !== MACP_VERSION) {
      throw new MacpSdkError(
        'UNSUPPORTED_PROTOCOL_VERSION',
        `the runtime selected protocol version ${answer.selectedProtocolVersion}; this package speaks ${MACP_VERSION}`,
      );
    }
    this.#runtime = answer;
    return answer;
  }

  /** Sends one envelope by unary Send; lost answers are repeated with the same message id. */
  send(envelope: Envelope, options: SendOptions = {}): Promise<Ack> {
    return sendEnvelope(this.connection, envelope, options);
  }

  /** An ambient Signal: no session, no mode, no guarantee (RFC-MACP-0001 §6). */
  sendSignal(input: SignalInput, options: AckOptions = {}): Promise<Ack> {
    return sendSignal(this.connection, input, options);
  }

  /**
   * A Progress, of a session when `sessionId` and `mode` name one, else ambient (RFC-MACP-0001 §6). FORBIDDEN when the credential may not
   * use the mode, `""` for the ambient plane.
   */
  sendProgress(input: ProgressInput, options: AckOptions = {}): Promise<Ack> {
    return sendProgress(this.connection, input, options);
  }

  /** State, participants and bound versions of a session. SESSION_NOT_FOUND when there is none, FORBIDDEN for a stranger. */
  getSession(sessionId: string, options: CallOptions = {}): Promise<{ metadata: SessionMetadata }> {
    return getSession(this.connection, sessionId, options);
  }

  /**
   * Cancels a session, with the own identity (RFC-MACP-0001 §7.2): FORBIDDEN unless it is the initiator or the policy delegates to it.
   * One that has ended answers with its state.
   */
  cancelSession(sessionId: string, reason = '', options: AckOptions = {}): Promise<Ack> {
    return control(this.connection, 'CancelSession', sessionId, reason, options);
  }

  /**
   * Suspends a session: its time stops until it is resumed. Sent once, never repeated; same authority as `cancelSession`.
   * SESSION_NOT_OPEN when it has ended.
   */
  suspendSession(sessionId: string, reason = '', options: AckOptions = {}): Promise<Ack> {
    return control(this.connection, 'SuspendSession', sessionId, reason, options);
  }

  /** Resumes a suspended session. Sent once, never repeated; same authority as `cancelSession`. */
  resumeSession(sessionId: string, reason = '', options: AckOptions = {}): Promise<Ack> {
    return control(this.connection, 'ResumeSession', sessionId, reason, options);
  }

  /** One page of the sessions that the credential may see; an empty `nextPageToken` is the last. `pageSize` 0 leaves the size to the runtime. */
  listSessionsPage(
    options: CallOptions & { readonly pageSize?: number; readonly pageToken?: string } = {},
  ): Promise<{ sessions: SessionMetadata[]; nextPageToken: string }> {
    return listSessionsPage(this.connection, { pageSize: options.pageSize ?? 0, pageToken: options.pageToken ?? '' }, options);
  }

  /** All pages joined, within one limit. */
  async listSessions(options: CallOptions & { readonly pageSize?: number } = {}): Promise<SessionMetadata[]> {
    const endsAt = performance.now() + this.connection.timeoutOf(options);
    const sessions: SessionMetadata[] = [];
    for (let pageToken = ''; ;) {
      const page = await this.listSessionsPage({ ...options, pageToken, timeoutMs: Math.max(1, endsAt - performance.now()) });
      sessions.push(...page.sessions);
      if (page.nextPageToken === '' || page.nextPageToken === pageToken) return sessions;
      pageToken = page.nextPageToken;
    }
  }

  /** Manifest of an agent; of the runtime for the empty id. */
  getManifest(agentId = '', options: CallOptions = {}): Promise<{ manifest?: AgentManifest | undefined }> {
    return modes.getManifest(this.connection, agentId, options);
  }

  /** The modes that the runtime has, in its standard registry. */
  listModes(options: CallOptions = {}): Promise<{ modes: ModeDescriptor[] }> {
    return modes.listModes(this.connection, options);
  }

  /** The extension modes that were registered. */
  listExtModes(options: CallOptions = {}): Promise<{ modes: ModeDescriptor[] }> {
    return modes.listExtModes(this.connection, options);
  }

  /** The roots that the runtime knows of. */
  listRoots(options: CallOptions = {}): Promise<{ roots: Root[] }> {
    return modes.listRoots(this.connection, options);
  }

  /** Refusals are values: `{ ok: false, error }`. Needs an identity that may manage registries, else FORBIDDEN. */
  async registerExtMode(descriptor: PartialFields<ModeDescriptor>, options: CallOptions = {}): Promise<policies.RegistryAnswer> {
    return modes.registerExtMode(this.connection, descriptor, options);
  }

  /** Refusals are values, as in `registerExtMode`. Sent once, never repeated. */
  async unregisterExtMode(mode: string, options: CallOptions = {}): Promise<policies.RegistryAnswer> {
    return modes.unregisterExtMode(this.connection, mode, options);
  }

  /** Moves an extension mode to the standard registry, under another name when one is given. Refusals are values; sent once. */
  async promoteMode(mode: string, promotedModeName = '', options: CallOptions = {}): Promise<policies.RegistryAnswer & { mode: string }> {
    return modes.promoteMode(this.connection, mode, promotedModeName, options);
  }

  /**
   * Registers a policy for sessions that start from now on (RFC-MACP-0012). Refusals are values, such as of an id that is taken; sent
   * once, never repeated.
   */
  async registerPolicy(descriptor: PartialFields<PolicyDescriptor>, options: CallOptions = {}): Promise<policies.RegistryAnswer> {
    return policies.registerPolicy(this.connection, descriptor, options);
  }

  /** Removes a policy; sessions that are bound to it keep it. Refusals are values; sent once. */
  async unregisterPolicy(policyId: string, options: CallOptions = {}): Promise<policies.RegistryAnswer> {
    return policies.unregisterPolicy(this.connection, policyId, options);
  }

  /** The descriptor of a policy; UNKNOWN_POLICY_VERSION when it is not registered. */
  getPolicy(policyId: string, options: CallOptions = {}): Promise<PolicyDescriptor> {
    return policies.getPolicy(this.connection, policyId, options);
  }

  /** All policies, or those of one mode. */
  listPolicies(mode = '', options: CallOptions = {}): Promise<PolicyDescriptor[]> {
    return policies.listPolicies(this.connection, mode, options);
  }

  /** The current sessions first, as CREATED events, then changes. Ends with ABORTED by its signal; leaving the loop cancels it. */
  watchSessions(options?: WatchOptions | AuthConfig): AsyncGenerator<SessionLifecycleEvent, void, undefined> {
    return watchSessions(this.connection, options);
  }

  /** The current policies first, then all of them after each change. Ends with ABORTED by its signal; leaving the loop cancels it. */
  watchPolicies(options?: WatchOptions | AuthConfig): AsyncGenerator<PoliciesChange, void, undefined> {
    return watchPolicies(this.connection, options);
  }

  /** Tells that the modes changed, and once at the begin. Ends with ABORTED by its signal; leaving the loop cancels it. */
  watchModeRegistry(options?: WatchOptions | AuthConfig): AsyncGenerator<RegistryChange, void, undefined> {
    return watchModeRegistry(this.connection, options);
  }

  /** Tells that the roots changed, and once at the begin. Ends with ABORTED by its signal; leaving the loop cancels it. */
  watchRoots(options?: WatchOptions | AuthConfig): AsyncGenerator<RootsChange, void, undefined> {
    return watchRoots(this.connection, options);
  }

  /** Ambient signals from now on; nobody keeps them. Ends with ABORTED by its signal; leaving the loop cancels it. */
  watchSignals(options?: WatchOptions | AuthConfig): AsyncGenerator<Envelope, void, undefined> {
    return watchSignals(this.connection, options);
  }

  /** The raw call; `Session.openStream()` reconnects and resumes. The signal ends it: reading and writing then fail with ABORTED. */
  openStream(options?: Pick<CallOptions, 'auth' | 'signal'> | AuthConfig): MacpStream {
    const { auth, signal } = readCallOptions(options);
    return new MacpStream(this.connection, requireAuth(auth ?? this.auth), signal);
  }

  /** State changes of single sessions over one shared watch per credential; for the parts of this package. */
  lifecycleHub(auth: AuthConfig): LifecycleHub {
    const { bearerToken } = auth;
    // Each session of a process may have made its credential anew, of the same token.
    const known = bearerToken === undefined ? this.#hubs.get(auth) : this.#hubsByToken.get(bearerToken);
    if (known !== undefined) return known;
    const hub = new LifecycleHub(this.connection, auth);
    if (bearerToken === undefined) this.#hubs.set(auth, hub);
    else this.#hubsByToken.set(bearerToken, hub);
    return hub;
  }

  /** Cancels every stream and releases the connection, so that the process can exit. Idempotent; later calls fail with CLOSED. */
  async close(): Promise<void> {
    this.connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
