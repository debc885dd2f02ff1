import { isMacpError } from '@macp-agent/protocol';
import type { EventDraft } from './model/canonical-event.js';
import { isEnded, type CancelCallback, type Run } from './model/run.js';
import { runEvent } from './observer/lifecycle-events.js';
import { registerRun, type RunDescriptor } from './register-run.js';
import type { RunStore } from './store/run-store.js';

/** A message that the runtime did not accept, as the agent that sent it reports it. */
export interface AgentRefusal {
  readonly sender: string;
  readonly messageType: string;
  /** Code as the runtime said it, such as UNAUTHENTICATED or POLICY_DENIED. */
  readonly code: string;
  readonly message: string;
  /** Onboarding step that owns the fix, such as `step 2`; undefined when none does. */
  readonly step?: string | undefined;
}

/** What whoever plays a run tells about it, beyond what its session shows. Calls for a run that was removed change nothing. */
export interface OpenRun {
  readonly runId: string;
  /** The initiator can be asked to cancel from now on. */
  cancelCallback(callback: CancelCallback): Promise<void>;
  /** A refusal, which no observer sees: only the sender is told. */
  refused(refusal: AgentRefusal): Promise<void>;
  /** No session will come: a run that has none yet is failed. Any other run ends as its session does. */
  failed(message: string): Promise<void>;
}

/** A run may tell of this many refusals; further ones say nothing new. */
const MAX_REFUSALS = 1_000;
const MAX_TEXT = 2_000;

/** Registers the run of a descriptor whose agents this process starts; each call is a run of its own, whatever its idempotency key. */
export async function openRun(store: RunStore, descriptor: RunDescriptor, nowUnixMs: () => number): Promise<OpenRun> {
  const { idempotencyKey: _, ...execution } = descriptor.execution ?? {};
  const session = { ...descriptor.session, metadata: { ...descriptor.session.metadata, refusals: 'reported' } };
  // Sandbox runs are left out of listings; whoever starts a run here wants to see it.
  const run = await registerRun(store, { ...descriptor, mode: 'live', session, execution }, nowUnixMs());
  let refusals = 0;
  return {
    runId: run.id,
    cancelCallback: (callback) => change(store, run.id, (newest) => ({ patch: { metadata: { ...newest.metadata, cancelCallback: callback } } })),
    async refused(refusal) {
      refusals += 1;
      if (refusals <= MAX_REFUSALS) await change(store, run.id, (newest) => ({ events: [refusalEvent(newest, refusal)] }));
    },
    failed: (message) => change(store, run.id, (newest) => failure(newest, message, nowUnixMs())),
  };
}

function refusalEvent({ runtimeSessionId }: Run, { sender, messageType, code, message, step }: AgentRefusal): EventDraft {
  return {
    type: 'message.refused',
    subject: { kind: 'participant', id: sender },
    source: { kind: 'macp-control-plane', name: 'agent-report', rawType: messageType },
    data: { sessionId: runtimeSessionId, sender, messageType, code, message: message.slice(0, MAX_TEXT), step: step ?? null },
  };
}

function failure(run: Run, message: string, nowUnixMs: number): ReturnType<Parameters<typeof change>[2]> {
  if (run.lastOrdinal > 0 || isEnded(run.status)) return undefined;
  const endedAt = new Date(nowUnixMs).toISOString();
  const error = { code: 'SESSION_NOT_FOUND', message: message.slice(0, MAX_TEXT) };
  return {
    patch: { status: 'failed', endedAt, errorCode: error.code, errorMessage: error.message },
    events: [runEvent('run.failed', run, { status: 'failed', endedAt, error })],
  };
}

async function change(store: RunStore, runId: string, step: Parameters<RunStore['append']>[1] & ((newest: Run) => unknown)): Promise<void> {
  try {
    await store.append(runId, step);
  } catch (error) {
    if (!isMacpError(error) || error.code !== 'SESSION_NOT_FOUND') throw error;
  }
}
