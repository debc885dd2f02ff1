import { MacpError } from '@macp-agent/protocol';
import type { CompiledRun } from '../compile.js';
import type { Env } from '../launch/agent-env.js';
import type { RuntimeTarget } from '../launch/bootstrap-document.js';
import type { AgentLaunch } from '../launch/load-agents.js';
import type { Fault } from './fault.js';
import type { RunOutcome } from './outcome.js';
import type { RunEvent } from './run-event.js';
import type { TranscriptEntry } from './transcript.js';

/** Limits of a run, in milliseconds. */
export interface RunTimeouts {
  /** The whole run. Default: lifetime of the session plus its longest suspension (if the scenario limits it) plus 30 000. */
  readonly runMs?: number | undefined;
  /** Each call to the runtime before the agents start. Default 10 000. */
  readonly callMs?: number | undefined;
  /** From a cancel until the session is CANCELLED. Default 5000. */
  readonly cancelMs?: number | undefined;
  /** What agents get to end by themselves after the session has. Default 1000. */
  readonly graceMs?: number | undefined;
  /** From SIGTERM to SIGKILL. Default 700. */
  readonly termMs?: number | undefined;
}

export interface RunOptions {
  readonly runtime: RuntimeTarget;
  /** The runner's own identity: reads the session and registers the policy. It sends no envelope. */
  readonly runnerToken: string;
  /** By participant id. */
  readonly agentTokens: ReadonlyMap<string, string>;
  /** By participant id, from `findAgents`. */
  readonly agents: ReadonlyMap<string, AgentLaunch>;
  /** Folder of the run folders. Default `runs` in the working directory. */
  readonly runsDir?: string | undefined;
  /** Environment to take the agents' allow-list from. Default: nothing. */
  readonly parentEnv?: Env | undefined;
  /** Where bootstrap files of external agents go; needed when there are any. */
  readonly bootstrapDir?: string | undefined;
  /** Default `{ host: '127.0.0.1', path: '/agent/cancel' }`; false = agents serve no cancel callback. */
  readonly cancelCallback?: { readonly host?: string; readonly path?: string } | false | undefined;
  /** Participants in the order to start, each when the one before is ready. Default: all at once. */
  readonly startOrder?: readonly string[] | undefined;
  readonly fault?: Fault | undefined;
  readonly timeouts?: RunTimeouts | undefined;
  /** Aborting cancels the session through its initiator, then ends the run; outcome 130. The message of an Error as abort reason becomes the reason. */
  readonly signal?: AbortSignal | undefined;
  /** Aborting ends the run at once, without asking anybody. */
  readonly forceSignal?: AbortSignal | undefined;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** Told where the initiator takes a cancel, as soon as it listens. Not an event: the bearer is a secret. */
  readonly onCancellable?: ((callback: { readonly url: string; readonly bearer: string }) => void) | undefined;
  /** Default Date.now. */
  readonly now?: (() => number) | undefined;
}

export interface RunResult {
  readonly runId: string;
  readonly sessionId: string;
  readonly outcome: RunOutcome;
  readonly transcript: readonly TranscriptEntry[];
  readonly transcriptFile: string;
  readonly folder: string;
  readonly durationMs: number;
  readonly agents: readonly {
    readonly participantId: string;
    readonly exitCode: number | undefined;
    readonly signal: string | undefined;
    readonly logTail: readonly string[];
    readonly logFile: string;
  }[];
}

/** Throws INVALID_BOOTSTRAP, AGENT_NOT_FOUND or INVALID_OPTIONS for the first participant that cannot take part. */
export function checkRunOptions(compiled: CompiledRun, { agents, agentTokens, bootstrapDir }: RunOptions): void {
  for (const { participantId } of compiled.participantBindings) {
    if (!agentTokens.has(participantId)) {
      throw new MacpError(
        'INVALID_BOOTSTRAP',
        `bootstrap.runtime.bearerToken is required: there is no token for the sender ${participantId} (onboarding step 3)`,
        { context: { sender: participantId } },
      );
    }
    const launch = agents.get(participantId);
    if (launch === undefined) throw new MacpError('AGENT_NOT_FOUND', `no agent was given for ${participantId}`, { context: { sender: participantId } });
    if (launch.external && bootstrapDir === undefined) {
      throw new MacpError(
        'INVALID_OPTIONS',
        `${participantId} is started by somebody else (strategy external): say with --bootstrap-dir where its bootstrap file goes`,
        { context: { sender: participantId } },
      );
    }
  }
}
