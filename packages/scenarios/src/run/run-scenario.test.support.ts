import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Auth, MacpClient } from '@macp-agent/core';
import type { Runtime } from '@macp-agent/runtime';
import { afterEach, beforeEach, vi } from 'vitest';
import { compileScenario, type CompiledRun } from '../compile.js';
import { reviewIdentities, reviewScenario, startReviewRuntime, TOKENS } from '../fixtures/review.test.support.js';
import { findAgents } from '../launch/load-agents.js';
import type { Scenario } from '../load-scenario.js';
import type { AgentSection, LaunchSection } from '../scenario-document.js';
import { loadRunRecords } from './load-run-records.js';
import type { RunEvent } from './run-event.js';
import type { RunOptions, RunResult } from './run-options.js';
import { runScenario } from './run-scenario.js';

export const POLICY = {
  policyId: 'policy.test.majority',
  mode: 'macp.mode.decision.v1',
  description: '',
  schemaVersion: 1,
  rules: { voting: { algorithm: 'majority', quorum: { type: 'count', value: 3 } }, commitment: { require_vote_quorum: true } },
};

/** How each participant behaves, and what is else in the launch section. */
export interface Cast {
  readonly lead?: string;
  readonly r1?: string;
  readonly r2?: string;
  readonly launch?: Partial<LaunchSection>;
}

export interface Played extends RunResult {
  readonly events: RunEvent[];
}

/** Long enough for the others to start on a busy machine. */
export const IMPATIENT = { parentEnv: { PATH: process.env['PATH'], RISK_DECIDER_WAIT_ALL_TIMEOUT_MS: '5000' } };

export const secretsLeft = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('macp-run-'));

const actor = (entry: string, behaviour: string | undefined): AgentSection => ({ entry, env: behaviour === undefined ? {} : { BEHAVIOUR: behaviour } });

export const scenario = ({ lead, r1, r2, launch }: Cast): Scenario =>
  reviewScenario(
    { lead: actor('lead.mjs', lead), r1: actor('reviewer.mjs', r1), r2: actor('reviewer.mjs', r2) },
    { launch: { policyHints: { type: 'majority', threshold: 0.5 }, ...launch }, policies: [POLICY] },
  );

/** A runtime and a folder of runs for each test of a file; the agents are real processes of the built core. */
export class ReviewRuns {
  #folder = '';
  #runtime: Runtime | undefined;

  constructor() {
    beforeEach(async () => {
      this.#folder = mkdtempSync(join(tmpdir(), 'macp-runs-'));
      this.#runtime = await startReviewRuntime({
        identities: [...reviewIdentities(), { token: 'plain-token', sender: 'plain', canStartSessions: false, allowedModes: [POLICY.mode] }],
      });
    });
    afterEach(async () => {
      vi.unstubAllEnvs();
      await this.#runtime?.close(0);
      rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  get folder(): string {
    return this.#folder;
  }

  async play(cast: Cast, options: Partial<RunOptions> = {}): Promise<Played> {
    const made = scenario(cast);
    const compiled = compileScenario(made);
    const events: RunEvent[] = [];
    const result = await runScenario(compiled, {
      ...this.settings(made, compiled),
      ...options,
      onEvent: (event) => (events.push(event), options.onEvent?.(event)),
    });
    return { ...result, events };
  }

  settings(made: Scenario, compiled: CompiledRun): RunOptions {
    return {
      runtime: { address: this.#address, tls: false, allowInsecure: true },
      runnerToken: 'runner-token',
      agentTokens: TOKENS,
      agents: findAgents(made, compiled.participantBindings),
      runsDir: this.#folder,
      parentEnv: { PATH: process.env['PATH'], RISK_DECIDER_WAIT_ALL_TIMEOUT_MS: '15000' },
    };
  }

  /** Where the session stands for the runtime. */
  async stateOf(sessionId: string): Promise<string | undefined> {
    const client = new MacpClient({ address: this.#address, allowInsecure: true, auth: Auth.bearer('runner-token') });
    try {
      return (await client.getSession(sessionId)).metadata.state;
    } finally {
      client.close();
    }
  }

  /** Sends a signal to an agent of the run that is under way. */
  signal(participantId: string, signal: NodeJS.Signals): void {
    const pid = loadRunRecords(this.#folder)[0]?.agents.find((agent) => agent.participantId === participantId)?.pid;
    if (pid !== undefined) process.kill(pid, signal);
  }

  get #address(): string {
    return this.#runtime?.address ?? '';
  }
}
