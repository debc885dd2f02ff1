import { randomBytes } from 'node:crypto';
import type { CompiledRun, RuntimeTarget } from '@macp-agent/scenarios';
import { RUNNER, type Config } from '../config.js';
import { openTarget, type TargetOptions } from './run-target.js';

/** Where the cases of a batch take place, and with which credentials. */
export interface BatchTarget {
  readonly runtime: RuntimeTarget;
  readonly runnerToken: string;
  /** By participant id, for all cases. */
  readonly agentTokens: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/**
 * Starts a runtime in this process with one identity per participant, or gathers the credentials for another one. `runs` has one for
 * each different set of participants. Throws INVALID_OPTIONS or INVALID_BOOTSTRAP.
 */
export async function openBatchTarget(config: Config, runs: readonly CompiledRun[], options: TargetOptions): Promise<BatchTarget> {
  if (options.runtime === undefined) return await embedded(runs);
  const { agentTokens, ...target } = await openTarget(config, runs, options);
  return { ...target, agentTokens: new Map(agentTokens.flatMap((tokens) => [...tokens])) };
}

/** Each identity may do what its part needs in some case: only initiators start sessions, and only in their modes. */
async function embedded(runs: readonly CompiledRun[]): Promise<BatchTarget> {
  const modesOf = new Map<string, Set<string>>();
  const starters = new Set<string>();
  for (const { participantBindings, initiator, runDescriptor } of runs) {
    starters.add(initiator.participantId);
    for (const { participantId } of participantBindings) {
      // Signals and progress name no mode.
      const modes = modesOf.get(participantId) ?? new Set(['']);
      modesOf.set(participantId, modes.add(runDescriptor.session.modeName));
    }
  }
  const agents = [...modesOf].map(([sender, modes]) => ({
    token: newToken(),
    sender,
    canStartSessions: starters.has(sender),
    allowedModes: [...modes],
    canManageModeRegistry: false,
    isObserver: false,
  }));
  const runnerToken = newToken();
  const runner = { token: runnerToken, sender: RUNNER, canStartSessions: false, canManageModeRegistry: true, isObserver: true };
  // Loaded only here: a run against another runtime does not need it.
  const { startRuntime } = await import('@macp-agent/runtime');
  // What is decided is read at once, and a batch has many sessions.
  const runtime = await startRuntime({ identities: [...agents, runner], retention: { memoryMs: RETENTION_MS, sweepIntervalMs: RETENTION_MS } });
  return {
    runtime: { address: runtime.address, tls: false, allowInsecure: true },
    runnerToken,
    agentTokens: new Map(agents.map(({ sender, token }) => [sender, token])),
    close: () => runtime.close(0),
  };
}

const RETENTION_MS = 60_000;
const newToken = (): string => randomBytes(32).toString('hex');
