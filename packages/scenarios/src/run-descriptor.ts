import type { JsonObject } from './json-value.js';
import type { Scenario } from './load-scenario.js';
import type { ScenarioDocument } from './scenario-document.js';

/** Labels of a run for whoever watches it. */
export interface RunLabels {
  readonly tags?: readonly string[] | undefined;
  readonly requester?: { readonly actorId: string; readonly actorType: 'user' | 'service' | 'system' } | undefined;
  readonly runLabel?: string | undefined;
  /** Name of the program that made the run; default `macp`. */
  readonly source?: string | undefined;
  readonly environment?: string | undefined;
}

/** The scenario-free description of a run: body of `POST /runs`. No roles, kickoff, hints or inputs cross that border. */
export interface RunDescriptor {
  readonly mode: 'live' | 'sandbox';
  readonly runtime: { readonly kind: string; readonly version: string };
  readonly session: {
    readonly sessionId: string;
    readonly modeName: string;
    readonly modeVersion: string;
    readonly configurationVersion: string;
    readonly policyVersion: string;
    readonly ttlMs: number;
    readonly participants: readonly { readonly id: string }[];
    readonly metadata: JsonObject;
  };
  readonly execution: {
    readonly idempotencyKey?: string;
    readonly tags: readonly string[];
    readonly requester: { readonly actorId: string; readonly actorType: 'user' | 'service' | 'system' };
  };
}

interface Parts {
  readonly scenario: Scenario;
  readonly spec: ScenarioDocument['spec'];
  readonly templateId: string;
  readonly mode: 'live' | 'sandbox';
  readonly sessionId: string;
  readonly metadata: JsonObject;
  readonly policyVersion: string;
  readonly participants: readonly string[];
  readonly labels: RunLabels;
}

/** Builds the descriptor of a compiled scenario. */
export function runDescriptor({ scenario, spec, templateId, mode, sessionId, metadata, policyVersion, participants, labels }: Parts): RunDescriptor {
  const { launch, execution, runtime } = spec;
  const { pack, scenario: name, tags = [] } = scenario.document.metadata;
  const source = labels.source ?? 'macp';
  return {
    mode,
    runtime: { kind: runtime?.kind ?? 'rust', version: runtime?.version ?? 'v1' },
    session: {
      sessionId,
      modeName: launch.modeName,
      modeVersion: launch.modeVersion,
      configurationVersion: launch.configurationVersion,
      policyVersion,
      ttlMs: launch.ttlMs,
      participants: participants.map((id) => ({ id })),
      metadata: {
        ...metadata,
        source,
        sourceRef: scenario.ref,
        scenarioRef: scenario.ref,
        templateId,
        ...(labels.environment === undefined ? {} : { environment: labels.environment }),
        ...(labels.runLabel === undefined ? {} : { runLabel: labels.runLabel }),
      },
    },
    execution: {
      ...(execution?.idempotencyKey === undefined ? {} : { idempotencyKey: execution.idempotencyKey }),
      tags: [...new Set(['example', pack, name, ...(execution?.tags ?? []), ...tags, ...(labels.tags ?? [])])],
      requester: labels.requester ?? execution?.requester ?? { actorId: source, actorType: 'service' },
    },
  };
}
