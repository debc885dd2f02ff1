import { AgentProcess, type AgentExit } from './agent-process.js';
import type { AgentReport } from './agent-report.js';

/** What one agent of a group is started with. */
export interface AgentStart {
  readonly participantId: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly startupTimeoutMs: number;
}

/** Why the agents cannot bring the session to an end any more. */
export interface GroupFailure {
  readonly participantId: string;
  readonly exit: AgentExit;
  readonly wasReady: boolean;
  readonly logTail: readonly string[];
  readonly logFile: string;
}

export interface AgentGroupOptions {
  readonly initiator: string;
  readonly onReport: (participantId: string, report: AgentReport) => void;
  readonly onStarted: (participantId: string, pid: number | undefined) => void;
  readonly onExit: (participantId: string, exit: AgentExit, logTail: readonly string[]) => void;
}

interface Member {
  readonly process: AgentProcess;
  readonly start: AgentStart;
  readonly settled: Promise<void>;
  ready: boolean;
  /** Killed on purpose: to be lost is what it is for. */
  crashed: boolean;
}

/** The agent processes of one run. */
export class AgentGroup {
  /**
   * Settles when the run has lost an agent that it cannot do without: one that failed before it was ready, or the initiator,
   * who alone started the session and, by default, alone commits. Other agents may end whenever they like.
   */
  readonly broken: Promise<GroupFailure>;
  readonly #options: AgentGroupOptions;
  readonly #members = new Map<string, Member>();
  #break: (failure: GroupFailure) => void = () => undefined;
  #stopping = false;

  constructor(options: AgentGroupOptions) {
    this.#options = options;
    this.broken = new Promise((resolve) => {
      this.#break = resolve;
    });
  }

  /** Participants and process ids, in the order of start. */
  get pids(): { participantId: string; pid: number }[] {
    return [...this.#members].flatMap(([participantId, { process }]) => (process.pid === undefined ? [] : [{ participantId, pid: process.pid }]));
  }

  /** Starts all at once; or one after the other, each when the one before is ready, has ended, or is out of its startup time. */
  async start(starts: readonly AgentStart[], oneByOne: boolean): Promise<void> {
    for (const start of starts) {
      if (this.#stopping) return;
      const member = this.#spawn(start);
      if (oneByOne) await within(member.settled, start.startupTimeoutMs);
    }
  }

  /** Kills one agent as a crash would. False when it does not run. */
  crash(participantId: string): boolean {
    const member = this.#members.get(participantId);
    if (member === undefined || member.process.exit !== undefined) return false;
    member.crashed = true;
    member.process.kill();
    return true;
  }

  isRunning(participantId: string): boolean {
    const member = this.#members.get(participantId);
    return member !== undefined && member.process.exit === undefined;
  }

  /** Ends all; after `graceMs + termMs` nothing is left of them. */
  async stop(graceMs: number, termMs: number): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#members.values()].map(({ process }) => process.stop(graceMs, termMs)));
  }

  /** How each agent ended; undefined exit for one that still runs. */
  results(): { participantId: string; exit: AgentExit | undefined; logTail: readonly string[]; logFile: string }[] {
    return [...this.#members].map(([participantId, { process, start }]) => ({
      participantId,
      exit: process.exit,
      logTail: process.logTail,
      logFile: start.logFile,
    }));
  }

  #spawn(start: AgentStart): Member {
    const { participantId } = start;
    let settle: () => void = () => undefined;
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const process = new AgentProcess({
      ...start,
      onReport: (report) => {
        if (report.type === 'ready') {
          member.ready = true;
          settle();
        }
        this.#options.onReport(participantId, report);
      },
    });
    const member: Member = { process, start, settled, ready: false, crashed: false };
    this.#members.set(participantId, member);
    this.#options.onStarted(participantId, process.pid);
    void process.exited.then((exit) => {
      settle();
      this.#options.onExit(participantId, exit, process.logTail);
      // An agent that a signal ended has died, early or late; the policy may do without it. One that gave up cannot start.
      const failedStart = !member.ready && !member.crashed && exit.signal === undefined && exit.code !== 0;
      if (failedStart || participantId === this.#options.initiator) {
        this.#break({ participantId, exit, wasReady: member.ready, logTail: process.logTail, logFile: start.logFile });
      }
    });
    return member;
  }
}

async function within(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
