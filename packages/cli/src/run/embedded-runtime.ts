import { randomBytes } from 'node:crypto';
import type { CompiledRun } from '@macp-agent/scenarios';
import { startRuntime, type Runtime } from '@macp-agent/runtime';
import { RUNNER } from '../config.js';

/** A runtime in this process that knows the participants of some runs, and nobody else. */
export interface EmbeddedRuntime {
  readonly runtime: Runtime;
  readonly runnerToken: string;
  /** For each run, in the order given: token by participant id. */
  readonly agentTokens: readonly ReadonlyMap<string, string>[];
}

/**
 * Starts a runtime with one identity per participant and run. Each may do what its part needs: only initiators start sessions,
 * and only in their mode; the runner reads and registers policies, and can send nothing.
 */
export async function startEmbeddedRuntime(runs: readonly CompiledRun[]): Promise<EmbeddedRuntime> {
  const runnerToken = newToken();
  const agentTokens = runs.map((run) => new Map(run.participantBindings.map(({ participantId }) => [participantId, newToken()])));
  const modes = [...new Set(runs.map((run) => run.runDescriptor.session.modeName))];
  const agents = runs.flatMap((run, index) =>
    [...(agentTokens[index] ?? [])].map(([participantId, token]) => ({
      token,
      sender: participantId,
      canStartSessions: participantId === run.initiator.participantId,
      // Signals and progress name no mode.
      allowedModes: [run.runDescriptor.session.modeName, ''],
      canManageModeRegistry: false,
      isObserver: false,
    })),
  );
  const runner = { token: runnerToken, sender: RUNNER, canStartSessions: false, allowedModes: modes, canManageModeRegistry: true, isObserver: true };
  const runtime = await startRuntime({ host: '127.0.0.1', port: 0, identities: [...agents, runner] });
  return { runtime, runnerToken, agentTokens };
}

const newToken = (): string => randomBytes(32).toString('hex');
