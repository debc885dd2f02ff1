import { findMode } from '@macp-agent/protocol';
import {
  compileScenario,
  didYouMean,
  findAgents,
  listScenarioRefs,
  readFault,
  readSetInputs,
  withFramework,
  type AgentLaunch,
  type CompiledRun,
  type Fault,
  type JsonObject,
  type Scenario,
} from '@macp-agent/scenarios';
import type { Config } from '../config.js';
import { loadInputsFile } from './load-inputs-file.js';
import { openCatalog, openScenario } from './load-scenario-source.js';
import { checkTarget, type TargetOptions } from './run-target.js';
import { UsageProblems } from './usage-problems.js';

/** What a command line says about one run. */
export interface RunRequest extends TargetOptions {
  readonly template?: string;
  readonly framework?: string;
  readonly set?: readonly string[];
  readonly inputs?: string;
  readonly packs?: readonly string[];
  readonly fault?: string;
}

/** A run that can start. */
export interface CheckedRun {
  readonly compiled: CompiledRun;
  readonly agents: ReadonlyMap<string, AgentLaunch>;
  readonly fault: Fault | undefined;
}

/** The scenario that a command line names. Problems are noted; undefined when there is none. */
export function checkScenario(word: string | undefined, { packs, framework }: RunRequest, config: Config, problems: UsageProblems): Scenario | undefined {
  if (word === undefined) {
    const known = listScenarioRefs(openCatalog(config, packs));
    const there = known.length === 0 ? '' : `. There are: ${known.join(', ')}`;
    problems.add('scenario', `name a scenario: pack/scenario@version, or the path of a scenario.yaml${there}`);
    return undefined;
  }
  const scenario = problems.attempt('scenario', () => openScenario(config, word, packs));
  if (scenario === undefined || framework === undefined) return scenario;
  return problems.attempt('--framework', () => withFramework(scenario, framework)) ?? scenario;
}

/** Judges all that a command line says about a run, as far as each part can be judged without the others. Problems are noted. */
export function checkRun(scenario: Scenario | undefined, request: RunRequest, config: Config, problems: UsageProblems): CheckedRun | undefined {
  const schema = scenario?.document.spec.inputs.schema ?? {};
  const template = scenario === undefined ? undefined : knownTemplate(scenario, request.template, problems);
  const file = request.inputs === undefined ? {} : problems.attempt('--inputs', () => loadInputsFile(request.inputs ?? '', config.cwd));
  const set = readSetInputs(request.set ?? [], schema);
  for (const problem of set.problems) problems.addInput(problem);
  // What a file or a template would have given is not missing.
  const whole = file !== undefined && template === request.template;
  const compiled = scenario === undefined ? undefined : compile(scenario, template, { ...file, ...set.inputs }, whole, problems);
  const fault = request.fault === undefined ? undefined : checkFault(request.fault, scenario, compiled, problems);
  if (scenario === undefined || compiled === undefined) return undefined;
  const agents = problems.attempt('agents', () => findAgents(scenario, compiled.participantBindings));
  problems.attempt('--runtime', () => checkTarget(config, [compiled], request));
  return agents === undefined ? undefined : { compiled, agents, fault };
}

/** The template to go on with: the one asked for, or none when it does not exist. */
function knownTemplate(scenario: Scenario, asked: string | undefined, problems: UsageProblems): string | undefined {
  if (asked === undefined || asked === 'default' || scenario.templates.has(asked)) return asked;
  const known = [...new Set(['default', ...scenario.templates.keys()])];
  problems.add('--template', `${scenario.ref} has no template ${asked}.${didYouMean(asked, known)} It has: ${known.join(', ')}`, {
    code: 'TEMPLATE_NOT_FOUND',
  });
  return undefined;
}

function compile(scenario: Scenario, templateId: string | undefined, inputs: JsonObject, whole: boolean, problems: UsageProblems): CompiledRun | undefined {
  const found = new UsageProblems();
  const compiled = found.attempt('scenario', () => compileScenario(scenario, { templateId, inputs }));
  problems.take(found, (problem) => whole || problem.rule !== 'is required');
  return compiled;
}

function checkFault(text: string, scenario: Scenario | undefined, compiled: CompiledRun | undefined, problems: UsageProblems): Fault | undefined {
  const launch = scenario?.document.spec.launch;
  const { fault, problems: found } = readFault(text, {
    participants: compiled?.initiator.sessionStart.participants ?? launch?.participants.map(({ id }) => id),
    messageTypes: launch === undefined ? undefined : findMode(launch.modeName, launch.modeVersion)?.descriptor.messageTypes,
  });
  for (const problem of found) problems.add('--fault', `--fault ${text}: ${problem}`);
  return fault;
}
