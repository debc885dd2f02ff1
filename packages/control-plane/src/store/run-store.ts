import type { CanonicalEvent, EventDraft } from '../model/canonical-event.js';
import type { Run } from '../model/run.js';

/** Fields of a run that a record may change. */
export type RunPatch = Partial<Omit<Run, 'id' | 'lastEventSeq' | 'createdAt'>>;

/** What happened in one step: kept whole or not at all. */
export interface RunStep {
  readonly patch?: RunPatch;
  readonly events?: readonly EventDraft[];
}

/** A step made of the newest run, with steps that are still being stored; undefined changes nothing. */
export type MakeStep = (newest: Run) => RunStep | undefined;

/** Called after a step is stored. */
export type RunListener = (run: Run, events: readonly CanonicalEvent[]) => void;

/** Where runs and their events live. Steps of one run are stored, and told to listeners, in the order of the calls. */
export interface RunStore {
  /** Throws MacpError SESSION_ALREADY_EXISTS when the run or a run of its session exists. */
  create(run: Omit<Run, 'lastEventSeq' | 'updatedAt'>, events: readonly EventDraft[]): Promise<Run>;
  /** Throws MacpError SESSION_NOT_FOUND when the run is not known. */
  append(runId: string, step: RunStep | MakeStep): Promise<Run>;
  /** The run as it is stored. */
  get(runId: string): Run | undefined;
  bySession(sessionId: string): Run | undefined;
  byIdempotencyKey(key: string): Run | undefined;
  /** Every run, in no order. */
  list(): readonly Run[];
  /** Events with `seq` over `afterSeq`, in order; empty for an unknown run. */
  events(runId: string, afterSeq?: number): Promise<readonly CanonicalEvent[]>;
  /** Size of the run's record; 0 for an unknown run. */
  bytes(runId: string): number;
  /** Tells of every step of every run from now on; the result ends it. */
  subscribe(listener: RunListener): () => void;
  /** Takes the run and its record away. Its session is remembered, so that discovery does not bring it back. */
  remove(runId: string): Promise<void>;
  /** True for the session of a run that was removed. */
  wasRemoved(sessionId: string): boolean;
  /** Waits for what was appended. Idempotent. */
  close(): Promise<void>;
}
