import { describeError, isMacpError, MacpError } from '@macp-agent/protocol';
import type { Readable } from 'node:stream';
import type { MacpClient } from '../client.js';
import { silentLogger, type Logger } from '../logger.js';
import type { ReportSink } from './agent-report.js';
import type { Bootstrap } from './bootstrap.js';
import { clientOf, fromBootstrap, loadOptionsOf, participantOf, type FromBootstrapOptions } from './from-bootstrap.js';
import { loadBootstrap } from './load-bootstrap.js';
import { loadBootstrapFeed } from './load-bootstrap-feed.js';
import { loadReportChannel } from './load-report-channel.js';
import { describeResult, printReports } from './print-reports.js';
import { readLines } from './read-lines.js';
import type { Participant } from './participant.js';

/** What `runAgent` takes. */
export interface RunAgentOptions extends FromBootstrapOptions {
  /** Aborting leaves every session and takes no further one. */
  readonly signal?: AbortSignal | undefined;
}

/** Adds handlers and strategies to the participant of one session; called once for each. */
export type SetUpAgent = (agent: Participant) => unknown;

/** A bootstrap is a page of settings. */
const MAX_DOCUMENT_BYTES = 4_194_304;
/** Sessions at a time; with more, the next bootstraps wait in the pipe. */
const MAX_ACTIVE = 1_000;

/**
 * The whole of an agent program: sets up the participant of its bootstrap (see `fromBootstrap`) and takes part until the session has
 * ended. Reports that nobody takes (no `report`, no MACP_REPORT_FD) are printed as lines, and so is the end. Whoever starts the process
 * may keep it alive for many sessions instead: MACP_BOOTSTRAP_FD then names a pipe with one bootstrap per line, `setUp` is called for
 * each, all of them share one connection, and this settles when the pipe has ended and the last session with it. State that belongs to
 * one session is made inside `setUp`.
 * Rejects as `fromBootstrap` and `Participant.run` do; with a pipe, what fails in one session is reported and ends nothing else.
 */
export async function runAgent(setUp: SetUpAgent, options: RunAgentOptions = {}): Promise<void> {
  const feed = loadBootstrapFeed(options.env);
  if (feed !== undefined) {
    await new AgentHost(setUp, options).serve(feed);
    return;
  }
  const { env = process.env, report, signal } = options;
  // With a channel, or a sink of the caller, somebody else tells what happens.
  const alone = report === undefined && (env['MACP_REPORT_FD'] ?? '') === '';
  const agent: Participant = fromBootstrap(undefined, { ...options, ...(alone && { report: printReports(() => agent.bootstrap, print) }) });
  await setUp(agent);
  const result = await agent.run({ signal });
  if (alone) print(describeResult(result));
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** One process, many sessions. */
class AgentHost {
  readonly #setUp: SetUpAgent;
  readonly #options: RunAgentOptions;
  readonly #logger: Logger;
  readonly #report: ReportSink;
  readonly #active = new Set<Promise<void>>();
  #shared: SharedClient | undefined;

  constructor(setUp: SetUpAgent, options: RunAgentOptions) {
    this.#setUp = setUp;
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#report = options.report ?? loadReportChannel(this.#logger, options.env);
  }

  async serve(feed: Readable): Promise<void> {
    const { signal } = this.#options;
    const stop = (): void => void feed.destroy();
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    this.#report({ type: 'serving' });
    try {
      for await (const line of readLines(feed, MAX_DOCUMENT_BYTES)) {
        const playing: Promise<void> = this.#play(line).finally(() => this.#active.delete(playing));
        this.#active.add(playing);
        if (this.#active.size >= MAX_ACTIVE) await Promise.race(this.#active);
      }
    } catch (error) {
      // A pipe that breaks is one that has ended.
      if (signal?.aborted !== true) this.#logger.warn('the pipe with the bootstraps broke', { error });
    } finally {
      signal?.removeEventListener('abort', stop);
      await Promise.all(this.#active);
      this.#shared?.release();
    }
  }

  /** Never rejects. */
  async #play(line: string): Promise<void> {
    let sessionId: string | undefined;
    let began = false;
    let release: (() => void) | undefined;
    const report: ReportSink = (one) => this.#report(sessionId === undefined ? one : { ...one, sessionId });
    try {
      const document = readDocument(line);
      sessionId = idOf(document);
      const bootstrap = loadBootstrap(document, loadOptionsOf(this.#options));
      sessionId = bootstrap.run.sessionId;
      const shared = this.#clientFor(bootstrap);
      release = () => shared.release();
      const agent = participantOf(bootstrap, shared.client, { ...this.#options, report });
      await this.#setUp(agent);
      began = true;
      await agent.run({ signal: this.#options.signal });
    } catch (error) {
      this.#logger.error('the agent failed in one session', { sessionId, error });
      // The participant reports how its run ended itself.
      if (!began) report({ type: 'ended', state: 'FAILED', reason: reasonOf(error) });
    } finally {
      release?.();
    }
  }

  /** One connection for as long as address and credential stay the same. */
  #clientFor(bootstrap: Bootstrap): SharedClient {
    const { address, bearerToken, tls, allowInsecure } = bootstrap.runtime;
    const key = JSON.stringify([address, bearerToken, tls, allowInsecure, bootstrap.participant.participantId]);
    if (this.#shared?.key !== key) {
      this.#shared?.release();
      this.#shared = new SharedClient(key, clientOf(bootstrap, this.#options));
    }
    this.#shared.hold();
    return this.#shared;
  }
}

/** Closes when nobody holds it any more; whoever makes it holds it once. */
class SharedClient {
  readonly key: string;
  readonly client: MacpClient;
  readonly #unwatch: (() => void) | undefined;
  #holders = 1;

  constructor(key: string, client: MacpClient) {
    this.key = key;
    this.client = client;
    this.#unwatch = client.auth && client.lifecycleHub(client.auth).hold();
  }

  hold(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    this.#unwatch?.();
    this.client.close();
  }
}

function readDocument(line: string): object {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // The parser's message would quote the text, tokens included.
    throw new MacpError('INVALID_BOOTSTRAP', 'a line of MACP_BOOTSTRAP_FD is no JSON; write one bootstrap document per line');
  }
  if (typeof value === 'object' && value !== null) return value;
  throw new MacpError('INVALID_BOOTSTRAP', 'a line of MACP_BOOTSTRAP_FD is no JSON object; write one bootstrap document per line');
}

/** So that the producer knows which of its documents was refused. */
function idOf(document: object): string | undefined {
  const { session_id: flat, run } = document as { session_id?: unknown; run?: { sessionId?: unknown } };
  const id = flat ?? run?.sessionId;
  return typeof id === 'string' ? id : undefined;
}

const reasonOf = (error: unknown): string =>
  isMacpError(error) ? describeError(error) : error instanceof Error ? `${error.name}: ${error.message}` : String(error);
