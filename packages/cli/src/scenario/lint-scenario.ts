import { DEFAULT_POLICY_ID, findMode, policyFitsMode } from '@macp-agent/protocol';
import { compileScenario, findAgents, listAgents, type CompiledRun, type Scenario } from '@macp-agent/scenarios';

/** One thing to look at. */
export interface Finding {
  readonly level: 'error' | 'warning';
  readonly text: string;
}

const SLUG = /^[a-z0-9][a-z0-9-]*$/;

/** Everything that can be said about a scenario without running it. */
export function lintScenario(scenario: Scenario): Finding[] {
  const findings: Finding[] = [];
  const error = (text: string): unknown => findings.push({ level: 'error', text });
  const warning = (text: string): unknown => findings.push({ level: 'warning', text });
  const { metadata, spec } = scenario.document;

  for (const key of ['pack', 'scenario'] as const) if (!SLUG.test(metadata[key])) error(`metadata.${key} "${metadata[key]}" is not in kebab-case`);
  const ref = `${metadata.pack}/${metadata.scenario}@${metadata.version}`;
  if (ref !== scenario.ref) error(`the file says it is ${ref}, its folders say ${scenario.ref}`);
  for (const commitment of spec.launch.commitments ?? []) if ((commitment.description ?? '') === '') warning(`commitment ${commitment.id} has no description`);
  if (spec.launch.kickoffTemplate !== undefined && spec.launch.kickoffTemplate.length > 1) warning('only the first entry of kickoffTemplate is used');
  for (const kickoff of spec.launch.kickoffTemplate ?? []) {
    const encoding = kickoff.payloadEnvelope?.encoding;
    if (encoding === 'text' || encoding === 'base64') warning(`a kickoff payload in ${encoding} is ignored; write payload, or encoding json or proto`);
  }

  for (const slug of new Set(['default', ...scenario.templates.keys()])) lintTemplate(scenario, slug, error, warning);
  return findings;
}

function lintTemplate(scenario: Scenario, slug: string, error: (text: string) => unknown, warning: (text: string) => unknown): void {
  const { commitments = [] } = scenario.document.spec.launch;
  const changed = scenario.templates.get(slug)?.spec?.overrides?.launch?.commitments;
  if (changed !== undefined && changed.length < commitments.length)
    warning(`template ${slug} has fewer commitments than the scenario: lists are replaced, not merged`);
  let compiled: CompiledRun;
  try {
    compiled = compileScenario(scenario, { templateId: slug });
  } catch (failure) {
    const text = failure instanceof Error ? failure.message : String(failure);
    // Inputs without a default are a caller's to give.
    if (/is required/.test(text) && !/must/.test(text)) warning(`template ${slug} needs inputs: ${text}`);
    else error(`template ${slug}: ${text}`);
    return;
  }
  const { modeName, modeVersion, policyVersion } = compiled.runDescriptor.session;
  if (findMode(modeName, modeVersion) === undefined) warning(`template ${slug}: mode ${modeName} ${modeVersion} is not one that is built in`);
  if (policyVersion !== DEFAULT_POLICY_ID) {
    if (compiled.policy === undefined)
      error(
        `template ${slug}: ${policyVersion} is not a file of the policies folder; it has: ${scenario.policies.map(({ policyId }) => policyId).join(', ') || 'none'}`,
      );
    else if (!policyFitsMode(compiled.policy, modeName)) error(`template ${slug}: ${policyVersion} is for ${compiled.policy.mode}, not for ${modeName}`);
  }
  for (const name of [...Object.keys(compiled.expected?.votes ?? {}), ...Object.keys(compiled.expected?.evaluations ?? {})]) {
    if (!compiled.initiator.sessionStart.participants.includes(name)) error(`template ${slug} expects something of ${name}, which does not take part`);
  }
  try {
    findAgents(scenario, compiled.participantBindings);
    for (const text of unsupported(scenario, compiled)) error(`template ${slug}: ${text}`);
  } catch (failure) {
    const text = failure instanceof Error ? failure.message : String(failure);
    if (text.includes('build')) warning(`template ${slug}: ${text}`);
    else error(`template ${slug}: ${text}`);
  }
}

/** Agents of the scenario whose entry names the scenarios that they are for, and not this one. */
function unsupported({ ref, document, agentFolders }: Scenario, { participantBindings }: CompiledRun): string[] {
  const sections = document.spec.agents ?? {};
  const agents = listAgents(agentFolders);
  return participantBindings.flatMap(({ participantId, agentRef }) => {
    if (Object.hasOwn(sections, participantId) || Object.hasOwn(sections, agentRef)) return [];
    const found = agents.find((agent) => agent.agentRef === agentRef);
    const refs = found?.entry.supportedScenarioRefs ?? [];
    if (found === undefined || refs.length === 0 || refs.includes(ref)) return [];
    return [
      `participant ${participantId} is played by ${agentRef}, which does not support ${ref}; add it to supportedScenarioRefs in ${found.file} (it has ${refs.join(', ')})`,
    ];
  });
}
