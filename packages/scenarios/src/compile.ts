import { randomUUID } from 'node:crypto';
import { DEFAULT_POLICY_ID, isSessionId, MacpError, type PolicyDefinition } from '@macp-agent/protocol';
import { checkInputs, inputDefaults } from './check-inputs.js';
import type { ExpectedOutcome } from './expected-outcome.js';
import { deepFreeze, isJsonObject, type JsonObject } from './json-value.js';
import type { Scenario } from './load-scenario.js';
import { mergeTemplate } from './merge-template.js';
import { runDescriptor, type RunDescriptor, type RunLabels } from './run-descriptor.js';
import type { KickoffSection, LaunchSection, ScenarioDocument } from './scenario-document.js';
import { substitute } from './substitute.js';
import { didYouMean } from './suggest.js';

export interface CompileOptions extends RunLabels {
  /** Slug of a template; default `default`, which need not exist as a file. */
  readonly templateId?: string | undefined;
  /** Values that win over those of the template and the schema. */
  readonly inputs?: JsonObject | undefined;
  /** Label of the run; default `sandbox`. */
  readonly mode?: 'live' | 'sandbox' | undefined;
  /** Default: a new UUID version 4. */
  readonly sessionId?: string | undefined;
  /** Default: the session id; a run has exactly one session. */
  readonly runId?: string | undefined;
}

/** One participant and the agent that plays it. */
export interface ParticipantBinding {
  readonly participantId: string;
  readonly role: string;
  readonly agentRef: string;
}

/** What SessionStart will say (RFC-MACP-0001 §7.1). */
export interface CompiledSessionStart {
  readonly intent: string;
  readonly participants: readonly string[];
  readonly ttlMs: number;
  readonly maxSuspendMs?: number;
  readonly modeVersion: string;
  readonly configurationVersion: string;
  readonly policyVersion: string;
  readonly contextId?: string;
  readonly extensions?: JsonObject;
}

/** The first message of the initiator. */
export interface CompiledKickoff {
  readonly messageType: string;
  readonly payloadType?: string;
  readonly payload: JsonObject;
}

/** A scenario with its inputs applied: all that a run needs but addresses, tokens and processes. */
export interface CompiledRun {
  readonly runId: string;
  readonly sessionId: string;
  readonly mode: 'live' | 'sandbox';
  readonly initiator: { readonly participantId: string; readonly sessionStart: CompiledSessionStart; readonly kickoff?: CompiledKickoff };
  readonly runDescriptor: RunDescriptor;
  readonly scenarioMeta: { readonly policyHints: JsonObject; readonly sessionContext: JsonObject; readonly initiatorParticipantId: string };
  readonly display: { readonly title: string; readonly scenarioRef: string; readonly templateId: string; readonly expectedDecisionKinds: readonly string[] };
  readonly participantBindings: readonly ParticipantBinding[];
  /** The bound policy, when it is a file of the pack; undefined for `policy.default` and for one that only the runtime knows. */
  readonly policy: PolicyDefinition | undefined;
  /** What must come out; only when no input was given, because it belongs to the defaults. */
  readonly expected: ExpectedOutcome | undefined;
}

/**
 * Compiles a scenario. Pure but for the ids, which can be given. Inputs: schema defaults, then the template's, then the caller's;
 * then the schema is applied to the whole.
 * Throws TEMPLATE_NOT_FOUND, VALIDATION_ERROR (an InvalidInputsError) or COMPILATION_ERROR.
 */
export function compileScenario(scenario: Scenario, options: CompileOptions = {}): CompiledRun {
  const templateId = options.templateId ?? 'default';
  const template = scenario.templates.get(templateId);
  if (template === undefined && templateId !== 'default') throw missingTemplate(scenario, templateId);
  const spec = mergeTemplate(scenario.document, template);
  const given = options.inputs ?? {};
  const inputs = { ...inputDefaults(spec.inputs.schema), ...template?.spec?.defaults, ...given };
  checkInputs(scenario.ref, spec.inputs.schema, inputs, Object.keys(given));

  const { launch } = spec;
  const scope = { inputs };
  const sessionContext = substitute(launch.contextTemplate ?? {}, scope);
  const metadata = substitute(launch.metadataTemplate ?? {}, scope);
  const kickoff = substitute(launch.kickoffTemplate?.[0], scope);
  const participants = participantIds(scenario, launch);
  const initiatorId = initiatorOf(scenario, launch, participants);
  const sessionId = options.sessionId ?? randomUUID();
  if (!isSessionId(sessionId))
    throw new MacpError('INVALID_SESSION_ID', `session id ${sessionId} is not accepted by runtimes; use a lower-case UUID version 4 or 7`, {
      context: { sessionId },
    });
  const runId = options.runId ?? sessionId;
  const policyVersion = launch.policyVersion || DEFAULT_POLICY_ID;
  const mode = options.mode ?? 'sandbox';

  return deepFreeze({
    runId,
    sessionId,
    mode,
    initiator: {
      participantId: initiatorId,
      sessionStart: sessionStart(scenario.document, launch, participants, metadata, policyVersion),
      ...(kickoff === undefined ? {} : { kickoff: compileKickoff(kickoff) }),
    },
    runDescriptor: runDescriptor({ scenario, spec, templateId, mode, sessionId, metadata, policyVersion, participants, labels: options }),
    scenarioMeta: { policyHints: launch.policyHints ?? {}, sessionContext, initiatorParticipantId: initiatorId },
    display: {
      title: scenario.document.metadata.name,
      scenarioRef: scenario.ref,
      templateId,
      expectedDecisionKinds: spec.outputs?.expectedDecisionKinds ?? [],
    },
    participantBindings: launch.participants.map(({ id, role, agentRef }) => ({ participantId: id, role, agentRef })),
    policy: structuredClone(scenario.policies.find((policy) => policy.policyId === policyVersion)),
    expected: Object.keys(given).length === 0 ? spec.outputs?.expected : undefined,
  });
}

function participantIds(scenario: Scenario, launch: LaunchSection): string[] {
  const ids = launch.participants.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    throw new MacpError('INVALID_PACK_DATA', `${scenario.file} lists the participant ${twice} twice`, { context: { path: scenario.file } });
  return ids;
}

function initiatorOf(scenario: Scenario, launch: LaunchSection, participants: readonly string[]): string {
  const id = launch.initiatorParticipantId ?? launch.kickoffTemplate?.[0]?.from ?? participants[0] ?? '';
  if (!participants.includes(id))
    throw new MacpError('INVALID_PACK_DATA', `${scenario.file} names the initiator ${id}, which is not a participant; it has: ${participants.join(', ')}`, {
      context: { path: scenario.file },
    });
  return id;
}

function sessionStart(
  document: ScenarioDocument,
  launch: LaunchSection,
  participants: readonly string[],
  metadata: JsonObject,
  policyVersion: string,
): CompiledSessionStart {
  const { intent } = metadata;
  return {
    intent: typeof intent === 'string' && intent !== '' ? intent : `${document.metadata.pack}/${document.metadata.scenario}`,
    participants,
    ttlMs: launch.ttlMs,
    ...(launch.maxSuspendMs === undefined ? {} : { maxSuspendMs: launch.maxSuspendMs }),
    modeVersion: launch.modeVersion,
    configurationVersion: launch.configurationVersion,
    policyVersion,
    ...(launch.contextId === undefined ? {} : { contextId: launch.contextId }),
    ...(launch.extensions === undefined ? {} : { extensions: structuredClone(launch.extensions) }),
  };
}

function compileKickoff(kickoff: KickoffSection): CompiledKickoff {
  const { payload, payloadEnvelope: envelope } = kickoff;
  const proto = envelope?.encoding === 'proto' ? envelope.proto : undefined;
  return {
    messageType: kickoff.messageType ?? (kickoff.kind === 'proposal' ? 'Proposal' : 'Signal'),
    ...(proto === undefined ? {} : { payloadType: proto.typeName }),
    payload: payload ?? (isJsonObject(envelope?.json) ? envelope.json : undefined) ?? proto?.value ?? {},
  };
}

function missingTemplate(scenario: Scenario, templateId: string): MacpError {
  const known = [...new Set(['default', ...scenario.templates.keys()])];
  return new MacpError('TEMPLATE_NOT_FOUND', `${scenario.ref} has no template ${templateId}.${didYouMean(templateId, known)} It has: ${known.join(', ')}`, {
    context: { path: scenario.ref },
  });
}
