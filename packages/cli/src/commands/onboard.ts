import { dirname, relative, resolve } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { findAgents, type AgentLaunch, type Scenario } from '@macp-agent/scenarios';
import type { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { EXIT } from '../exit-code.js';
import { askRuntime, type RuntimeAnswer } from '../onboarding/ask-runtime.js';
import { describeRights, refuseDuplicates } from '../onboarding/check-token-maps.js';
import {
  fingerprint,
  loadTokenMaps,
  newToken,
  tokenMapOptions,
  writeProducerMap,
  writeRuntimeMap,
  type RuntimeIdentity,
  type TokenMapOptions,
  type TokenMaps,
} from '../onboarding/load-token-maps.js';
import { catalogFileOf, newEntry, registerInCatalog, registerInScenario, type NamedMembers } from '../onboarding/register-agent.js';
import { checkSender, readModes } from '../onboarding/sender-id.js';
import type { VerifyCheck } from '../onboarding/verify-agent.js';
import { collect, readCount, readSeconds } from '../option-values.js';
import { openScenario } from '../run/load-scenario-source.js';

interface OnboardOptions extends TokenMapOptions {
  readonly canStart?: boolean;
  readonly modes?: string;
  readonly maxOpenSessions?: number;
  readonly observer?: boolean;
  readonly manageRegistry?: boolean;
  readonly role?: string;
  readonly framework?: string;
  readonly entrypoint?: string;
  readonly catalog?: string;
  readonly scenario?: string;
  readonly packs?: readonly string[];
  readonly runtime?: string;
  readonly verify?: boolean;
  readonly template?: string;
  readonly runsDir: string;
  readonly timeout: number;
  readonly json?: boolean;
}

/** One of the five steps of onboarding. */
interface Step {
  readonly step: 1 | 2 | 3 | 4 | 5;
  readonly done: boolean;
  readonly text: string;
}

/** `macp onboard <sender>`: the five steps of onboarding, and the four checks of it. */
export function addOnboardCommand(program: Command, context: CliContext): void {
  const command = program
    .command('onboard')
    .description('give an agent a token, put it into catalog and scenario, and say which of the five steps are left')
    .argument('<sender>', 'the one string that names it everywhere, for example my-new-agent')
    .option('--can-start', 'it may start sessions, as an initiator does')
    .option('--modes <list>', 'only these modes, for example decision,task; default: all')
    .option('--max-open-sessions <n>', 'at most so many open sessions', readCount)
    .option('--observer', 'it may read sessions that it takes no part in')
    .option('--manage-registry', 'it may register modes and policies');
  tokenMapOptions(command)
    .option('--scenario <ref|path>', 'step 4: add it to the participants of this scenario')
    .option('--catalog <file>', 'step 4: put its entry here (YAML or JSON); default with --scenario: a file of its own in the agents folder')
    .option('--role <role>', 'for catalog and participants (default: evaluator)')
    .option('--framework <name>', 'for the catalog entry (default: custom)')
    .option('--entrypoint <file>', 'its program, started by runs; without it somebody else starts it (strategy external)')
    .option('--packs <dir>', 'look here for packs first (repeatable)', collect)
    .option('--runtime <host:port>', 'ask this runtime whether it must be reloaded or restarted; default: MACP_RUNTIME_ADDRESS')
    .option('--verify', 'run the scenario with the agent as the maps have it now, and tick the four checks of the guide')
    .option('-t, --template <slug>', 'template of the scenario for --verify')
    .option('--runs-dir <dir>', 'where the run of --verify goes', 'runs')
    .option('--timeout <seconds>', 'limit of the run of --verify', readSeconds, 60)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  macp onboard my-new-agent --can-start --modes decision
  macp onboard my-new-agent --scenario packs/shop/scenarios/review/1.0.0/scenario.yaml --entrypoint my-agent/dist/main.js
  macp onboard my-new-agent --scenario shop/review@1.0.0 --verify

An agent that is onboarded again gets a new token, and keeps the rights that no
option names; the old token stays valid until macp tokens prune <sender>. With
--scenario, --catalog or --verify, and no other right, an agent that is in both
maps keeps its token. No token is ever printed.

--json: { sender, runtimeMap, envFile, token (a fingerprint), rights, steps:
[{ step, done, text }], checks: [{ ok, text }] (with --verify) }
Exit codes: 0 done, 1 a check of --verify failed, 2 usage`,
    )
    .action(async (sender: string, options: OnboardOptions) => {
      context.json = options.json === true;
      context.exitCode = await onboard(sender, options, context);
    });
}

async function onboard(sender: string, options: OnboardOptions, context: CliContext): Promise<number> {
  const { config, output, json, signal } = context;
  const maps = loadTokenMaps(config, options);
  checkSender(sender, [...maps.identities.map((identity) => identity.sender), ...maps.producer.keys()]);
  refuseDuplicates(maps);
  // Before anything is written, so that a wrong word costs nothing.
  const modes = options.modes === undefined ? undefined : readModes(options.modes);
  if (options.verify === true && options.scenario === undefined)
    throw new MacpError('INVALID_OPTIONS', '--verify needs the scenario to run: --scenario <pack/scenario@version or path>');
  const scenario = options.scenario === undefined ? undefined : openScenario(config, options.scenario, options.packs);
  const catalog = catalogFile(scenario, sender, options, context);

  const entry = inUse(maps, sender);
  // Asked for step 4 or the checks only.
  const further = options.verify === true || options.scenario !== undefined || options.catalog !== undefined;
  const keep = further && entry !== undefined && !changesRights(options);
  const identity = keep ? entry : giveToken(maps, sender, modes, options);
  const older = maps.identities.filter((one) => one.sender === sender && one !== identity).length;
  const ready = step4(sender, scenario, catalog, namedMembers(catalog, options, config.cwd));
  const answer = await runtimeAnswer(identity.token, options, context);
  const after = loadTokenMaps(config, options);
  const steps: Step[] = [
    { step: 1, done: true, text: `sender id ${sender}${sender.includes('://') ? '; the prefix must then stand everywhere, bare names are simpler' : ''}` },
    {
      step: 2,
      done: answer?.known === true,
      text: [
        `${maps.runtimeFile}: token ${fingerprint(identity.token)}${keep ? ' is there' : older === 0 ? ' added' : ` added beside ${older} older`}, ${describeRights(identity)}`,
        answer?.text ??
          `next: start the runtime with MACP_AUTH_TOKENS_FILE=${maps.runtimeFile}; macp runtime reloads it on SIGHUP, the reference runtime must be restarted`,
        ...(older > 0 && !keep ? [`when no run uses the old token: macp tokens prune ${sender}`] : []),
      ].join('\n'),
    },
    { step: 3, done: true, text: `${maps.envFile}: ${maps.variable} gives ${sender} this token` },
    ready,
    step5(scenario, sender),
  ];
  const checks = options.verify === true && scenario !== undefined ? await verify(sender, after, options, context) : undefined;
  if (json)
    output.json({
      sender,
      runtimeMap: maps.runtimeFile,
      envFile: maps.envFile,
      token: fingerprint(identity.token),
      rights: describeRights(identity),
      steps,
      ...(checks === undefined ? {} : { checks }),
    });
  else {
    for (const { step, done, text } of steps) say(`${done ? output.colors.green('done ') : output.colors.yellow('to do')}  step ${step}  `, 15, text, output);
    if (checks !== undefined) {
      output.line();
      output.line('Verify');
      for (const [index, { ok, text }] of checks.entries()) say(`  ${ok ? output.colors.green('✓') : output.colors.red('✗')} ${index + 1}  `, 7, text, output);
    }
    output.note(`${maps.runtimeFile} and ${maps.envFile} hold tokens: only you can read them; keep them out of version control`);
  }
  signal.throwIfAborted();
  return checks?.every(({ ok }) => ok) === false ? EXIT.failed : EXIT.ok;
}

function say(head: string, indent: number, text: string, output: CliContext['output']): void {
  const [first = '', ...rest] = text.split('\n');
  output.line(`${head}${first}`);
  for (const line of rest) output.line(`${' '.repeat(indent)}${line}`);
}

/** The entry of a sender whose token the producer uses. */
const inUse = ({ identities, producer }: TokenMaps, sender: string): RuntimeIdentity | undefined =>
  identities.findLast((identity) => identity.sender === sender && identity.token === producer.get(sender));

const changesRights = ({ canStart, modes, maxOpenSessions, observer, manageRegistry }: OnboardOptions): boolean =>
  [canStart, modes, maxOpenSessions, observer, manageRegistry].some((value) => value !== undefined);

function giveToken(maps: TokenMaps, sender: string, modes: readonly string[] | undefined, options: OnboardOptions): RuntimeIdentity {
  const { runtimeFile, envFile, variable, identities, producer } = maps;
  const before = identities.findLast((identity) => identity.sender === sender);
  const identity: RuntimeIdentity = {
    ...before,
    token: newToken(),
    sender,
    can_start_sessions: options.canStart ?? before?.can_start_sessions ?? false,
    // Ambient signals and progress name no mode.
    ...(modes === undefined ? {} : { allowed_modes: [...modes, ''] }),
    ...(options.maxOpenSessions === undefined ? {} : { max_open_sessions: options.maxOpenSessions }),
    ...(options.manageRegistry === true ? { can_manage_mode_registry: true } : {}),
    ...(options.observer === true ? { is_observer: true } : {}),
  };
  // The runtime first: a token that only it knows harms nobody.
  writeRuntimeMap(runtimeFile, [...identities, identity]);
  writeProducerMap(envFile, variable, new Map([...producer, [sender, identity.token]]));
  return identity;
}

function catalogFile(scenario: Scenario | undefined, sender: string, { catalog, entrypoint }: OnboardOptions, { config }: CliContext): string | undefined {
  if (catalog !== undefined) return resolve(config.cwd, catalog);
  if (scenario === undefined) return undefined;
  // An agent that can be found needs no second entry.
  return entrypoint === undefined && launchOf(scenario, sender) !== undefined ? undefined : catalogFileOf(scenario, sender);
}

/** How the agent would be started; undefined when nothing describes it. */
function launchOf(scenario: Scenario, agentRef: string): AgentLaunch | undefined {
  try {
    return findAgents(scenario, [{ participantId: agentRef, agentRef }]).get(agentRef);
  } catch (error) {
    if (error instanceof MacpError) return undefined;
    throw error;
  }
}

/** What the options say about the entry; its program relative to the file of the entry. */
function namedMembers(catalog: string | undefined, { role, framework, entrypoint }: OnboardOptions, cwd: string): NamedMembers {
  const program = entrypoint === undefined || catalog === undefined ? entrypoint : relative(dirname(catalog), resolve(cwd, entrypoint));
  return {
    ...(role === undefined ? {} : { role }),
    ...(framework === undefined ? {} : { framework }),
    ...(program === undefined ? {} : { entrypoint: program }),
  };
}

function step4(sender: string, scenario: Scenario | undefined, catalog: string | undefined, named: NamedMembers): Step {
  const refs = scenario === undefined ? [] : [scenario.ref];
  const entry = newEntry(sender, named, refs);
  const participant = { id: sender, role: entry.role, agentRef: sender };
  const lines: string[] = [];
  if (catalog !== undefined) lines.push(`${catalog}: entry ${registerInCatalog(catalog, sender, named, refs)}`);
  if (scenario !== undefined) lines.push(`${scenario.file}: participant ${registerInScenario(scenario, participant) === 'added' ? 'added' : 'is there'}`);
  if (catalog === undefined && scenario === undefined)
    lines.push(`write agents/${sender}/agent.json in your pack, or let --scenario do it:`, JSON.stringify(entry));
  if (scenario === undefined) lines.push('add to the participants of the scenario:', `- { id: ${sender}, role: ${entry.role}, agentRef: ${sender} }`);
  return { step: 4, done: scenario !== undefined, text: lines.join('\n') };
}

function step5(scenario: Scenario | undefined, sender: string): Step {
  const launch = scenario === undefined ? undefined : launchOf(scenario, sender);
  if (launch === undefined) return { step: 5, done: false, text: 'write its loop: npm create macp-agent@latest, or the guide "Onboarding an agent"' };
  if (launch.external)
    return { step: 5, done: false, text: 'start it with the bootstrap file that a run writes for it (--bootstrap-dir); it is not started by runs' };
  return { step: 5, done: true, text: 'runs can start its program; --verify shows that its loop works' };
}

async function runtimeAnswer(token: string, options: OnboardOptions, { config, signal }: CliContext): Promise<RuntimeAnswer | undefined> {
  const address = options.runtime ?? config.setting('MACP_RUNTIME_ADDRESS');
  return address === undefined ? undefined : askRuntime(address, token, signal);
}

async function verify(sender: string, maps: TokenMaps, options: OnboardOptions, context: CliContext): Promise<VerifyCheck[]> {
  const { config, output, signal, forceSignal } = context;
  // Loaded only here: writing two files needs no runtime.
  const { verifyAgent } = await import('../onboarding/verify-agent.js');
  const runsDir = resolve(config.cwd, options.runsDir);
  return verifyAgent(sender, {
    config,
    // Read again: this command may have changed it.
    scenario: openScenario(config, options.scenario ?? '', options.packs),
    template: options.template,
    maps,
    runsDir,
    bootstrapDir: resolve(runsDir, 'bootstrap'),
    runMs: options.timeout * 1000,
    signal,
    forceSignal,
    onEvent(event) {
      if (event.type === 'agent' && event.status === 'waiting')
        output.note(`waiting for ${event.participantId}: start it with MACP_BOOTSTRAP_FILE=${event.bootstrapFile ?? ''}`);
      if (event.type === 'run') output.note(`run ${event.runId}  files ${event.folder}`);
    },
  });
}
