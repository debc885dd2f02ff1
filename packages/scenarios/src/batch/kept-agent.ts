import type { CompiledRun } from '../compile.js';
import { agentEnv, type Env } from '../launch/agent-env.js';
import { AgentProcess, type AgentExit } from '../launch/agent-process.js';
import type { AgentReport } from '../launch/agent-report.js';
import type { RuntimeTarget } from '../launch/bootstrap-document.js';
import type { AgentLaunch } from '../launch/load-agents.js';

/** File descriptor on which a kept agent reads bootstraps, one per line. */
const FEED_FD = 4;
/** What belongs to one run, so that a process for many must not see it. */
const OF_ONE_RUN = new Set(['MACP_BOOTSTRAP_FILE', 'MACP_RUN_ID', 'MACP_SESSION_ID', 'TRACEPARENT']);

export interface KeptAgentOptions {
  readonly participantId: string;
  readonly launch: AgentLaunch;
  readonly token: string;
  /** Any run that it takes part in. */
  readonly compiled: CompiledRun;
  readonly runtime: RuntimeTarget;
  readonly parentEnv: Env;
  readonly logFile: string;
  readonly onReport: (report: AgentReport & { readonly sessionId?: string }) => void;
  /** It has gone without being told to. */
  readonly onLost: (exit: AgentExit) => void;
}

/** One agent process for many sessions. */
export class KeptAgent {
  readonly participantId: string;
  readonly #options: KeptAgentOptions;
  readonly #process: AgentProcess;
  readonly #startupTimeoutMs: number;
  readonly #serving: Promise<void>;
  #isServing = false;
  #stopping = false;

  constructor(options: KeptAgentOptions) {
    const { participantId, launch, logFile } = options;
    this.participantId = participantId;
    this.#options = options;
    this.#startupTimeoutMs = launch.startupTimeoutMs;
    let serve: () => void = () => undefined;
    this.#serving = new Promise((resolve) => {
      serve = resolve;
    });
    this.#process = new AgentProcess({
      participantId,
      command: launch.command,
      args: launch.args,
      cwd: launch.cwd,
      env: keptEnv(options),
      logFile,
      fed: true,
      onReport: (report) => {
        if (report.type !== 'serving') options.onReport(report);
        else {
          this.#isServing = true;
          serve();
        }
      },
    });
    // A pipe that breaks is an agent that has gone, which its exit says.
    this.#process.feed?.on('error', () => undefined);
    void this.#process.exited.then((exit) => {
      if (!this.#stopping && this.#isServing) options.onLost(exit);
    });
  }

  /** The last lines of its output. */
  get logTail(): readonly string[] {
    return this.#process.logTail;
  }

  get logFile(): string {
    return this.#options.logFile;
  }

  /** Whether it takes bootstraps; false when it ended instead, or did not say so within its startup time. */
  async serves(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#startupTimeoutMs);
    });
    await Promise.race([this.#serving, this.#process.exited, late]);
    clearTimeout(timer);
    return this.#isServing && this.#process.exit === undefined;
  }

  /** Hands it one more session. */
  give(document: object): void {
    if (this.#process.exit === undefined) this.#process.feed?.write(`${JSON.stringify(document)}\n`);
  }

  /** Ends the pipe, so that it ends when its sessions have; after `graceMs + termMs` nothing is left of it. Idempotent. */
  stop(graceMs: number, termMs: number): Promise<void> {
    this.#stopping = true;
    this.#process.feed?.end();
    return this.#process.stop(graceMs, termMs);
  }
}

function keptEnv({ parentEnv, launch, compiled, participantId, token, runtime }: KeptAgentOptions): Record<string, string> {
  const env = agentEnv({ parent: parentEnv, launch, compiled, participantId, token, runtime, bootstrapFile: '' });
  return { ...Object.fromEntries(Object.entries(env).filter(([name]) => !OF_ONE_RUN.has(name))), MACP_BOOTSTRAP_FD: String(FEED_FD) };
}
