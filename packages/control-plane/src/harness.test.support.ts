import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Auth, DecisionSession, MacpClient, newSessionId } from '@macp-agent/core';
import type { PolicyDefinition } from '@macp-agent/protocol';
import { startRuntime, type Runtime, type RuntimeOptions } from '@macp-agent/runtime';
import type { CanonicalEvent } from './model/canonical-event.js';
import type { Run } from './model/run.js';
import { startControlPlane, type ControlPlane, type ControlPlaneOptions } from './start-control-plane.js';

export const PARTICIPANTS = ['risk-agent', 'fraud-agent', 'growth-agent', 'compliance-agent'];
export const MAJORITY: PolicyDefinition = {
  policyId: 'policy.fraud.majority-veto',
  mode: 'macp.mode.decision.v1',
  description: 'Majority of the votes, a critical objection vetoes.',
  rules: {
    voting: { algorithm: 'majority', threshold: 0.5, quorum: { type: 'count', value: 2 } },
    objection_handling: { critical_severity_vetoes: true, veto_threshold: 1 },
    commitment: { authority: 'initiator_only', require_vote_quorum: true, allow_decline_over_approval: true },
  },
  schemaVersion: 1,
};

/** A real runtime with four agents and an observer that may not send, and a control plane beside it. */
export class Harness {
  readonly dir: string;
  readonly participants: readonly string[];
  runtime: Runtime;
  plane: ControlPlane;
  readonly #runtimeOptions: RuntimeOptions;
  readonly #clients: MacpClient[] = [];

  private constructor(dir: string, runtime: Runtime, plane: ControlPlane, runtimeOptions: RuntimeOptions, participants: readonly string[]) {
    this.participants = participants;
    this.dir = dir;
    this.runtime = runtime;
    this.plane = plane;
    this.#runtimeOptions = runtimeOptions;
  }

  static async start(
    runtimeOptions: RuntimeOptions = {},
    planeOptions: Partial<ControlPlaneOptions> = {},
    participants: readonly string[] = PARTICIPANTS,
  ): Promise<Harness> {
    const dir = await mkdtemp(join(tmpdir(), 'macp-plane-'));
    const identities = [
      ...participants.map((sender) => ({ token: `token-${sender}`, sender })),
      { token: 'token-observer', sender: 'observer', canStartSessions: false, isObserver: true },
    ];
    const options: RuntimeOptions = { identities, policies: [MAJORITY], ...runtimeOptions };
    const runtime = await startRuntime(options);
    const plane = await startControlPlane(planeOptionsOf(runtime.address, dir, planeOptions));
    return new Harness(dir, runtime, plane, options, participants);
  }

  /** A new control plane over the same record. */
  async restartPlane(options: Partial<ControlPlaneOptions> = {}): Promise<void> {
    await this.plane.close();
    this.plane = await startControlPlane(planeOptionsOf(this.runtime.address, this.dir, options));
  }

  /** The same runtime again, on the same port and storage. */
  async restartRuntime(): Promise<void> {
    const { port } = this.runtime;
    await this.runtime.close();
    this.runtime = await startRuntime({ ...this.#runtimeOptions, port });
  }

  client(sender: string): MacpClient {
    const client = new MacpClient({ address: this.runtime.address, allowInsecure: true, auth: Auth.bearer(`token-${sender}`, { expectedSender: sender }) });
    this.#clients.push(client);
    return client;
  }

  session(sender: string, sessionId: string): DecisionSession {
    return new DecisionSession(this.client(sender), {
      sessionId,
      modeVersion: '1.0.0',
      configurationVersion: 'config.default',
      policyVersion: MAJORITY.policyId,
    });
  }

  /** An open session with a proposal. */
  async open(ttlMs = 60_000, sessionId = newSessionId(), policyVersion = MAJORITY.policyId): Promise<{ id: string; lead: DecisionSession }> {
    const lead = new DecisionSession(this.client('risk-agent'), { sessionId, modeVersion: '1.0.0', configurationVersion: 'config.default', policyVersion });
    await lead.start({
      intent: 'decide on a transfer',
      participants: [...this.participants],
      ttlMs,
      modeVersion: '1.0.0',
      configurationVersion: 'config.default',
      policyVersion,
    });
    await lead.propose({ proposalId: 'p1', option: 'stop the transfer', rationale: 'new device' });
    return { id: sessionId, lead };
  }

  /** Evaluations, votes and the commitment, as fast as they go. */
  async decide(id: string, lead: DecisionSession): Promise<void> {
    const others = this.participants.slice(1).map((sender) => this.session(sender, id));
    for (const other of others) await other.evaluate({ proposalId: 'p1', recommendation: 'BLOCK', confidence: 0.9, reason: 'unusual amount' });
    await Promise.all(others.map((other) => other.vote({ proposalId: 'p1', vote: 'APPROVE', reason: 'agreed' })));
    await lead.commit({ action: 'transfer.stopped', authorityScope: 'transfer', reason: 'all agree', outcomePositive: true });
  }

  async json<T = Record<string, never>>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await fetch(new URL(path, this.plane.url), init);
    return (await response.json()) as T;
  }

  async post<T>(path: string, body: unknown): Promise<{ status: number; body: T }> {
    const response = await fetch(new URL(path, this.plane.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as T };
  }

  run(id: string): Promise<Run> {
    return this.json<Run>(`runs/${id}`);
  }

  async events(id: string): Promise<CanonicalEvent[]> {
    return this.json<CanonicalEvent[]>(`runs/${id}/events?limit=5000`);
  }

  /** Ordinals of the recorded envelopes, in the order of the record. */
  async ordinals(id: string): Promise<number[]> {
    return (await this.events(id)).filter((event) => event.type === 'message.received').map((event) => Number(event.data['ordinal']));
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.plane.close();
    await this.runtime.close();
    await rm(this.dir, { recursive: true });
  }
}

function planeOptionsOf(runtimeAddress: string, dir: string, options: Partial<ControlPlaneOptions>): ControlPlaneOptions {
  return { runtimeAddress, runtimeToken: 'token-observer', runtimeAllowInsecure: true, port: 0, dataDir: join(dir, 'record'), ...options };
}

/** The numbers from 1. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
