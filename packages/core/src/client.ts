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

  sendProgress(input: ProgressInput, options: AckOptions = {}): Promise<Ack> {
    return sendProgress(this.connection, input, options);
  }

  getSession(sessionId: string, options: CallOptions = {}): Promise<{ metadata: SessionMetadata }> {
    return getSession(this.connection, sessionId, options);
  }

  cancelSession(sessionId: string, reason = '', options: AckOptions = {}): Promise<Ack> {
    return control(this.connection, 'CancelSession', sessionId, reason, options);
  }

  suspendSession(sessionId: string, reason = '', options: AckOptions = {}): Promise<Ack> {
    return control(this.connection, 'SuspendSession', sessionId, reason, options);
  }

  resumeSession(sessionId: string, reason = '', options: AckOptions = {}): Promise<Ack> {
    return control(this.connection, 'ResumeSession', sessionId, reason, options);
  }

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

  getManifest(agentId = '', options: CallOptions = {}): Promise<{ manifest?: AgentManifest | undefined }> {
    return modes.getManifest(this.connection, agentId, options);
  }

  listModes(options: CallOptions = {}): Promise<{ modes: ModeDescriptor[] }> {
    return modes.listModes(this.connection, options);
  }

  listExtModes(options: CallOptions = {}): Promise<{ modes: ModeDescriptor[] }> {
    return modes.listExtModes(this.connection, options);
  }

  listRoots(options: CallOptions = {}): Promise<{ roots: Root[] }> {
    return modes.listRoots(this.connection, options);
  }

  /** Refusals are values: `{ ok: false, error }`. Needs an identity that may manage registries, else FORBIDDEN. */
  async registerExtMode(descriptor: PartialFields<ModeDescriptor>, options: CallOptions = {}): Promise<policies.RegistryAnswer> {
    return modes.registerExtMode(this.connection, descriptor, options);
  }

  async unregisterExtMode(mode: string, options: CallOptions = {}): Promise<policies.RegistryAnswer> {
    return modes.unregisterExtMode(this.connection, mode, options);
  }

  async promoteMode(mode: string, promotedModeName = '', options: CallOptions = {}): Promise<policies.RegistryAnswer & { mode: string }> {
    return modes.promoteMode(this.connection, mode, promotedModeName, options);
  }

  async registerPolicy(descriptor: PartialFields<PolicyDescriptor>, options: CallOptions = {}): Promise<policies.RegistryAnswer> {
    return policies.registerPolicy(this.connection, descriptor, options);
  }

  async unregisterPolicy(policyId: string, options: CallOptions = {}): Promise<policies.RegistryAnswer> {
    return policies.unregisterPolicy(this.connection, policyId, options);
  }

  getPolicy(policyId: string, options: CallOptions = {}): Promise<PolicyDescriptor> {
    return policies.getPolicy(this.connection, policyId, options);
  }

  listPolicies(mode = '', options: CallOptions = {}): Promise<PolicyDescriptor[]> {
    return policies.listPolicies(this.connection, mode, options);
  }

  /** The current sessions first, as CREATED events, then changes. Ends with ABORTED by its signal; leaving the loop cancels it. */
  watchSessions(options?: WatchOptions | AuthConfig): AsyncGenerator<SessionLifecycleEvent, void, undefined> {
    return watchSessions(this.connection, options);
  }

  watchPolicies(options?: WatchOptions | AuthConfig): AsyncGenerator<PoliciesChange, void, undefined> {
    return watchPolicies(this.connection, options);
  }

  watchModeRegistry(options?: WatchOptions | AuthConfig): AsyncGenerator<RegistryChange, void, undefined> {
    return watchModeRegistry(this.connection, options);
  }

  watchRoots(options?: WatchOptions | AuthConfig): AsyncGenerator<RootsChange, void, undefined> {
    return watchRoots(this.connection, options);
  }

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
