import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { RunnableConfig } from '@langchain/core/runnables';
import { Command, MemorySaver, type BaseCheckpointSaver } from '@langchain/langgraph';
import type { Participant, ParticipantContext } from '@macp-agent/core';

/** What runGraph needs of a compiled graph. Its state keeps `subject`, so that a checkpoint says which proposal it is about. */
interface SessionGraph {
  getState(config: RunnableConfig): Promise<Snapshot>;
  stream(input: unknown, options: object): Promise<AsyncIterable<unknown>>;
}
interface Snapshot {
  readonly values: Readonly<Record<string, unknown>>;
  readonly next: readonly string[];
  readonly tasks: readonly { readonly interrupts: readonly { readonly value?: unknown }[] }[];
}

export interface GraphRun {
  /** The session id is the thread id: a checkpointer finds the state of the session again. */
  readonly sessionId: string;
  /** The proposal id. A checkpoint of the same subject is gone on with, also one that another process left; else the graph starts anew. */
  readonly subject: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  /** Told the name of each node that has ended, in order. */
  readonly onNode?: ((node: string) => void) | undefined;
  /** Answers an `interrupt` of the graph. Without it an interrupt is an error. */
  readonly answer?: (question: unknown) => Promise<unknown>;
}

/** Runs a graph to its end and gives its state. Each step is in the checkpointer before the next one begins. Aborting `signal` rejects. */
export async function runGraph(graph: SessionGraph, { sessionId, subject, input, signal, onNode, answer }: GraphRun): Promise<Snapshot['values']> {
  const thread = { configurable: { thread_id: sessionId } };
  let kept = await graph.getState(thread);
  let next: unknown = kept.values['subject'] === subject ? undefined : { ...input, subject };
  for (;;) {
    signal.throwIfAborted();
    const question = next === undefined ? kept.tasks.flatMap(({ interrupts }) => interrupts)[0] : undefined;
    if (question !== undefined) {
      if (answer === undefined) throw new Error(`The graph of session ${sessionId} asks for an answer, and nobody was named to give one.`);
      next = new Command({ resume: await answer(question.value) });
    } else if (next === undefined && kept.next.length === 0) {
      return kept.values;
    }
    // No input means: go on from the checkpoint.
    for await (const update of await graph.stream(next ?? null, { ...thread, signal, streamMode: 'updates', durability: 'sync' })) {
      for (const node of Object.keys(update as object)) if (!node.startsWith('__')) onNode?.(node);
    }
    kept = await graph.getState(thread);
    next = undefined;
  }
}

/**
 * Tells the nodes of a graph as Progress of the session. Progress is ambient (RFC-MACP-0001 §11): it shows up for those who watch,
 * is in no history and changes nothing, so nothing waits for it and a failure is only logged.
 */
export function reportProgress({ participant, session, log, signal }: ParticipantContext, subject: string): (node: string) => void {
  let progress = 0;
  const { sessionId, mode } = session;
  const progressToken = `${participant.participantId}:${subject}`;
  const auth = participant.auth === undefined ? {} : { auth: participant.auth };
  return (message) => {
    progress += 1;
    participant.client
      .sendProgress({ sessionId, mode, progressToken, progress, message, ...auth }, { signal })
      .catch((error: unknown) => log(`no progress was sent for ${message}`, { cause: String(error) }));
  };
}

/** MACP_CHECKPOINT asks for something that is not there; the message is one line, for a person. Exit status 2. */
export class CheckpointSetupError extends Error {}

/** selectCheckpointer for an agent process: ends the process with one line and status 2 when it cannot be had, and closes it with the session. */
export async function loadCheckpointer(agent: Pick<Participant, 'participantId' | 'onTerminal'>): Promise<BaseCheckpointSaver> {
  try {
    const saver = await selectCheckpointer(process.env, agent.participantId);
    if (saver.end !== undefined) agent.onTerminal(() => saver.end?.());
    return saver;
  } catch (error) {
    if (!(error instanceof CheckpointSetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(2);
  }
}

/** A checkpointer, and how to close its connections when it has any. */
export type Checkpointer = BaseCheckpointSaver & { end?(): Promise<void> };

/**
 * The only place that chooses where checkpoints are kept. `MACP_CHECKPOINT` unset: in memory. `file:DIR`: one file per agent and
 * session. `postgres://…`: a schema per agent, through an optional package. Throws CheckpointSetupError with the fix.
 */
export async function selectCheckpointer(env: Readonly<Record<string, string | undefined>>, participantId: string): Promise<Checkpointer> {
  const wanted = env['MACP_CHECKPOINT'] ?? '';
  if (wanted === '') return new MemorySaver();
  if (wanted.startsWith('file:') && wanted.length > 'file:'.length) return new FileSaver(resolve(wanted.slice('file:'.length)), participantId);
  if (/^postgres(?:ql)?:\/\//.test(wanted)) return postgresSaver(wanted, participantId);
  throw new CheckpointSetupError('MACP_CHECKPOINT is neither file:DIR nor postgres://…; unset it to keep checkpoints in memory');
}

const POSTGRES_PACKAGE: string = '@langchain/langgraph-checkpoint-postgres';
type PostgresSaver = BaseCheckpointSaver & { setup(): Promise<void>; end(): Promise<void> };
/** What a database says to one of two agents that make the same table at the same time. */
const MADE_MEANWHILE = new Set(['23505', '42P06', '42P07']);

async function postgresSaver(url: string, participantId: string): Promise<PostgresSaver> {
  let postgres: { PostgresSaver: { fromConnString(url: string, options: { schema: string }): PostgresSaver } };
  try {
    // Not a dependency: only who asks for it installs it.
    postgres = (await import(POSTGRES_PACKAGE)) as typeof postgres;
  } catch (error) {
    throw new CheckpointSetupError(`MACP_CHECKPOINT=postgres://… needs a package: npm install ${POSTGRES_PACKAGE}`, { cause: error });
  }
  // Agents of one session share its thread id, so each has a schema of its own.
  const saver = postgres.PostgresSaver.fromConnString(url, { schema: schemaOf(participantId) });
  for (let attempt = 1; ; attempt += 1) {
    try {
      await saver.setup();
      return saver;
    } catch (error) {
      const { code = 'unknown error' } = error as { code?: string };
      if (MADE_MEANWHILE.has(code) && attempt < 5) continue;
      await saver.end();
      // Without the address, which may hold a password.
      throw new CheckpointSetupError(`MACP_CHECKPOINT=postgres://… cannot be used: the database says ${code}; check address, user and rights`, {
        cause: error,
      });
    }
  }
}

/** Letters and digits stay; what would be cut off at 63 characters is told apart by a digest. */
function schemaOf(participantId: string): string {
  const name = `macp_${participantId.replaceAll(/\W/g, (letter) => `_${letter.codePointAt(0)?.toString(16)}`)}`;
  return name.length <= 63 ? name : `${name.slice(0, 46)}_${createHash('sha256').update(participantId).digest('hex').slice(0, 16)}`;
}

type Stored = Pick<MemorySaver, 'storage' | 'writes'>;

/**
 * A checkpointer over files, one per agent and thread, readable by their owner only. A file is replaced as a whole after each step
 * and flushed to the disk before the graph goes on, so a process that is killed leaves the last step or the one before it.
 */
export class FileSaver extends MemorySaver {
  readonly #folder: string;
  readonly #owner: string;
  readonly #loaded = new Set<string>();
  #saving: Promise<void> = Promise.resolve();

  constructor(folder: string, owner: string) {
    super();
    this.#folder = folder;
    this.#owner = owner;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  override async getTuple(config: RunnableConfig): ReturnType<MemorySaver['getTuple']> {
    this.#load(config);
    return super.getTuple(config);
  }

  override async *list(...[config, options]: Parameters<MemorySaver['list']>): ReturnType<MemorySaver['list']> {
    this.#load(config);
    yield* super.list(config, options);
  }

  override async put(...[config, checkpoint, metadata]: Parameters<MemorySaver['put']>): ReturnType<MemorySaver['put']> {
    this.#load(config);
    const stored = await super.put(config, checkpoint, metadata);
    await this.#save(config);
    return stored;
  }

  override async putWrites(...[config, ...rest]: Parameters<MemorySaver['putWrites']>): Promise<void> {
    this.#load(config);
    await super.putWrites(config, ...rest);
    await this.#save(config);
  }

  override async deleteThread(threadId: string): Promise<void> {
    await super.deleteThread(threadId);
    await rm(this.#fileOf(threadId), { force: true });
  }

  #fileOf(threadId: string): string {
    return join(this.#folder, `${encodeURIComponent(this.#owner)}~${encodeURIComponent(threadId)}.json`);
  }

  #load(config: RunnableConfig): void {
    const thread = threadOf(config);
    if (thread === undefined || this.#loaded.has(thread)) return;
    this.#loaded.add(thread);
    let text: string;
    try {
      text = readFileSync(this.#fileOf(thread), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    const stored = JSON.parse(text, bytesOfText) as Stored;
    Object.assign(this.storage, stored.storage);
    Object.assign(this.writes, stored.writes);
  }

  /** One write at a time; what is written is what there is by then. */
  async #save(config: RunnableConfig): Promise<void> {
    const thread = threadOf(config);
    if (thread === undefined) return;
    const saved = this.#saving.then(() => this.#write(thread));
    this.#saving = saved.catch(() => undefined);
    await saved;
  }

  async #write(thread: string): Promise<void> {
    const mine = ([key]: [string, unknown]): boolean => (JSON.parse(key) as string[])[0] === thread;
    const stored: Stored = { storage: { [thread]: this.storage[thread] ?? {} }, writes: Object.fromEntries(Object.entries(this.writes).filter(mine)) };
    const file = this.#fileOf(thread);
    const fresh = `${file}.${randomUUID()}.new`;
    await writeFile(fresh, JSON.stringify(stored, textOfBytes), { mode: 0o600, flush: true });
    await rename(fresh, file);
  }
}

const threadOf = (config: RunnableConfig): string | undefined => config.configurable?.['thread_id'] as string | undefined;

// The saver's values are JSON as bytes; a file holds them as text under one key, so that a person can read them.
const textOfBytes = (_key: string, value: unknown): unknown => (value instanceof Uint8Array ? { utf8: new TextDecoder().decode(value) } : value);
const bytesOfText = (_key: string, value: unknown): unknown => {
  const { utf8 } = (value ?? {}) as { utf8?: unknown };
  return typeof utf8 === 'string' ? new TextEncoder().encode(utf8) : value;
};
