import { randomUUID } from 'node:crypto';
import { traceIdOf } from '@macp-agent/protocol';
import type { Run } from './model/run.js';
import { isEnded } from './model/run.js';
import { runEvent } from './observer/lifecycle-events.js';
import { newRun } from './model/new-run.js';
import type { RunStore } from './store/run-store.js';

/** A run descriptor after validation with `runDescriptorSchema` of @macp-agent/protocol/schemas. */
export interface RunDescriptor {
  readonly mode?: 'live' | 'sandbox';
  readonly runtime: { readonly kind: string; readonly version?: string };
  readonly session: {
    readonly sessionId?: string;
    readonly modeName: string;
    readonly modeVersion: string;
    readonly configurationVersion: string;
    readonly policyVersion?: string;
    readonly ttlMs: number;
    readonly participants: readonly { readonly id: string }[];
    readonly context?: string;
    readonly metadata?: Readonly<Record<string, unknown>>;
  };
  readonly execution?: {
    readonly idempotencyKey?: string;
    readonly tags?: readonly string[];
    readonly requester?: { readonly actorId: string; readonly actorType: string };
  };
}

/**
 * Makes the run of a descriptor. A known idempotency key gives the first run again; a session that discovery found already is
 * adopted: the descriptor adds what only the producer knows, such as the cancel callback.
 */
export async function registerRun(store: RunStore, descriptor: RunDescriptor, nowUnixMs: number): Promise<Run> {
  const key = descriptor.execution?.idempotencyKey;
  const first = key === undefined ? undefined : store.byIdempotencyKey(key);
  if (first !== undefined) return first;
  const sessionId = descriptor.session.sessionId ?? randomUUID();
  const known = store.bySession(sessionId);
  if (known !== undefined) return adopt(store, known, descriptor);
  const run = newRun(sessionId, new Date(nowUnixMs).toISOString(), { traceId: traceIdOf(sessionId), ...fieldsOf(descriptor, {}) });
  const { modeName } = descriptor.session;
  const data = {
    status: run.status,
    modeName,
    runtimeKind: run.runtimeKind,
    runtimeVersion: run.runtimeVersion,
    scenarioRef: run.metadata['scenarioRef'] ?? null,
  };
  return store.create(run, [runEvent('run.created', run, data)]);
}

function adopt(store: RunStore, run: Run, descriptor: RunDescriptor): Promise<Run> {
  return store.append(run.id, (newest) => {
    const fields = fieldsOf(descriptor, newest.metadata);
    const tags = [...new Set([...newest.tags, ...fields.tags])];
    // The end of a run is what was seen, whatever arrives later.
    const event = runEvent('run.adopted', newest, {
      status: newest.status,
      ended: isEnded(newest.status),
      scenarioRef: fields.metadata['scenarioRef'] ?? null,
    });
    return { patch: { ...fields, tags }, events: [event] };
  });
}

function fieldsOf(
  descriptor: RunDescriptor,
  known: Run['metadata'],
): Pick<Run, 'mode' | 'runtimeKind' | 'runtimeVersion' | 'idempotencyKey' | 'sourceKind' | 'sourceRef' | 'tags' | 'metadata'> {
  const { session, execution, runtime } = descriptor;
  const given = session.metadata ?? {};
  const mode = descriptor.mode ?? 'live';
  const tags = [...(execution?.tags ?? []), ...(mode === 'sandbox' ? ['sandbox'] : [])];
  const bound = {
    modeName: session.modeName,
    policyVersion: session.policyVersion === undefined || session.policyVersion === '' ? 'policy.default' : session.policyVersion,
    ttlMs: session.ttlMs,
    participants: session.participants.map(({ id }) => id),
  };
  return {
    mode,
    runtimeKind: runtime.kind,
    runtimeVersion: runtime.version ?? null,
    idempotencyKey: execution?.idempotencyKey ?? null,
    sourceKind: typeof given['source'] === 'string' ? given['source'] : 'api',
    sourceRef: typeof given['sourceRef'] === 'string' ? given['sourceRef'] : null,
    tags: [...new Set(tags)],
    // What the runtime said about the session wins over what the descriptor announced.
    metadata: { ...bound, ...known, ...given, ...(execution?.requester === undefined ? {} : { requester: execution.requester }), executionRequest: descriptor },
  };
}
