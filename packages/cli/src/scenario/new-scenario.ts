import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MacpError } from '@macp-agent/protocol';

const SLUG = /^[a-z0-9][a-z0-9-]*$/;

/** Writes a pack (when there is none yet) and a scenario of two agents. Throws INVALID_OPTIONS; never writes over a file. */
export function newScenario(root: string, pack: string, scenario: string, version: string): { ref: string; files: string[] } {
  for (const [what, slug] of [
    ['pack', pack],
    ['scenario', scenario],
  ]) {
    if (!SLUG.test(slug ?? ''))
      throw new MacpError('INVALID_OPTIONS', `the ${what} name "${slug}" must be in kebab-case: a-z, 0-9 and hyphens, for example order-review`);
  }
  const folder = join(root, pack, 'scenarios', scenario, version);
  const scenarioFile = join(folder, 'scenario.yaml');
  if (existsSync(scenarioFile))
    throw new MacpError('INVALID_OPTIONS', `${scenarioFile} exists; choose another name or --scenario-version`, { context: { path: scenarioFile } });
  const ref = `${pack}/${scenario}@${version}`;
  const wanted: Record<string, string> = {
    [join(root, pack, 'pack.yaml')]: packYaml(pack),
    [scenarioFile]: scenarioYaml(pack, scenario, version),
    [join(folder, 'templates', 'default.yaml')]: templateYaml(ref),
    [join(root, pack, 'policies', 'majority.json')]: `${JSON.stringify(policy(pack), undefined, 2)}\n`,
  };
  const files: string[] = [];
  for (const [file, text] of Object.entries(wanted)) {
    if (existsSync(file)) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: 'wx' });
    files.push(file);
  }
  return { ref, files };
}

const packYaml = (pack: string): string => `apiVersion: scenarios.macp.dev/v1
kind: ScenarioPack
metadata:
  slug: ${pack}
  name: ${pack}
`;

const scenarioYaml = (pack: string, scenario: string, version: string): string => `apiVersion: scenarios.macp.dev/v1
kind: ScenarioVersion
metadata:
  pack: ${pack}
  scenario: ${scenario}
  version: ${version}
  name: ${scenario}
spec:
  inputs:
    schema:
      type: object
      additionalProperties: false
      required: [amount]
      properties:
        subject: { type: string, default: S-1 }
        amount: { type: number, minimum: 0, default: 100 }
  launch:
    modeName: macp.mode.decision.v1
    modeVersion: 1.0.0
    configurationVersion: config.default
    policyVersion: policy.${pack}.majority
    ttlMs: 60000
    initiatorParticipantId: lead
    # An agent is a folder: ${pack}/agents/<agentRef>/agent.json.
    participants:
      - { id: lead, role: lead, agentRef: lead }
      - { id: reviewer, role: reviewer, agentRef: reviewer }
    contextTemplate:
      amount: '{{ inputs.amount }}'
    metadataTemplate:
      intent: decide about {{ inputs.subject }}
    kickoffTemplate:
      - from: lead
        to: [reviewer]
        kind: proposal
        payload:
          proposal_id: '{{ inputs.subject }}-review'
          option: approve
          rationale: 'an amount of {{ inputs.amount }}'
  outputs:
    expectedDecisionKinds: [approve, decline]
`;

const templateYaml = (ref: string): string => `apiVersion: scenarios.macp.dev/v1
kind: ScenarioTemplate
metadata:
  scenarioVersion: ${ref}
  slug: default
  name: Default
spec:
  defaults: {}
  # What \`macp test\` compares a run with.
  outputs:
    expected:
      state: RESOLVED
`;

const policy = (pack: string): object => ({
  policy_id: `policy.${pack}.majority`,
  mode: 'macp.mode.decision.v1',
  description: 'Half of the votes approve; at least one votes.',
  schema_version: 1,
  rules: {
    voting: { algorithm: 'majority', threshold: 0.5, quorum: { type: 'count', value: 1 } },
    commitment: { authority: 'initiator_only', require_vote_quorum: true },
  },
});
