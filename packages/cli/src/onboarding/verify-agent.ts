import { randomBytes } from 'node:crypto';
import { compileScenario, findAgents, runScenario, type RunEvent, type Scenario } from '@macp-agent/scenarios';
import { startRuntime, type Identity, type Logger } from '@macp-agent/runtime';
import { RUNNER, type Config } from '../config.js';
import type { RuntimeIdentity, TokenMaps } from './load-token-maps.js';

/** One of the four checks of the onboarding guide. */
export interface VerifyCheck {
  readonly ok: boolean;
  readonly text: string;
}

interface VerifyOptions {
  readonly config: Config;
  readonly scenario: Scenario;
  readonly template?: string | undefined;
  readonly maps: Pick<TokenMaps, 'identities' | 'producer'>;
  readonly runsDir: string;
  /** Where the bootstrap of an agent goes that somebody else starts. */
  readonly bootstrapDir: string;
  /** Limit of the run in milliseconds. */
  readonly runMs: number;
  readonly signal: AbortSignal;
  readonly forceSignal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

/** Log lines kept for the checks; one run writes a few dozen. */
const MAX_LINES = 10_000;

/**
 * Runs a scenario with an agent against a runtime in this process that knows the identities of the runtime's map, with the tokens of the producer's map,
 * and answers the guide's four checks. Participants that no map knows get an identity of their own for this run. Throws what compiling, finding agents
 * and running throw.
 */
export async function verifyAgent(sender: string, options: VerifyOptions): Promise<VerifyCheck[]> {
  const { config, scenario, maps, signal, forceSignal } = options;
  const compiled = compileScenario(scenario, { templateId: options.template });
  const { participants } = compiled.initiator.sessionStart;
  if (!participants.includes(sender)) return [{ ok: false, text: `${scenario.ref} has no participant ${sender}: add it there (step 4), or give --scenario` }];
  const agents = findAgents(scenario, compiled.participantBindings);

  const tokens = new Map<string, string>();
  const visitors: (Identity & { readonly token: string })[] = [];
  for (const { participantId, agentRef } of compiled.participantBindings) {
    const known = maps.producer.get(participantId) ?? maps.producer.get(agentRef);
    const token = known ?? randomBytes(32).toString('hex');
    tokens.set(participantId, token);
    if (known === undefined) visitors.push({ token, sender: participantId, canStartSessions: participantId === compiled.initiator.participantId });
  }
  const runnerToken = randomBytes(32).toString('hex');
  const lines: string[] = [];
  const runner = { token: runnerToken, sender: RUNNER, canStartSessions: false, canManageModeRegistry: true, isObserver: true };
  await using runtime = await startRuntime({ identities: [...maps.identities.map(toIdentity), ...visitors, runner], logger: lineLogger(lines) });

  const refused: Extract<RunEvent, { type: 'refused' }>[] = [];
  const { outcome } = await runScenario(compiled, {
    runtime: { address: runtime.address, tls: false, allowInsecure: true },
    runnerToken,
    agentTokens: tokens,
    agents,
    runsDir: options.runsDir,
    bootstrapDir: options.bootstrapDir,
    parentEnv: config.agentEnv(),
    timeouts: { runMs: options.runMs },
    signal,
    forceSignal,
    onEvent(event) {
      if (event.type === 'refused') refused.push(event);
      options.onEvent(event);
    },
  });

  const own = lines
    .filter((line) => line.startsWith('accepted') || line.startsWith('SessionStart accepted'))
    .filter((line) => line.endsWith(`sender=${sender}`));
  const unauthenticated = refused.filter(({ code }) => code === 'UNAUTHENTICATED');
  const started = lines.some((line) => line.startsWith('SessionStart accepted') && line.includes(`initiator_sender=${sender} `));
  const initiates = compiled.initiator.participantId === sender;
  return [
    {
      ok: outcome.state !== 'NONE',
      text: `a scenario that includes the agent was launched: ${scenario.ref} ended ${outcome.state}${outcome.reason === '' ? '' : ` (${outcome.reason.split('\n')[0] ?? ''})`}`,
    },
    {
      ok: own.length > 0,
      text:
        own.length > 0
          ? `the runtime's log shows sender=${sender} on ${own.length} accepted envelopes`
          : `the runtime's log shows no envelope with sender=${sender}`,
    },
    {
      ok: unauthenticated.length === 0,
      text:
        unauthenticated.length === 0
          ? 'no UNAUTHENTICATED in the events of the run'
          : `UNAUTHENTICATED for ${[...new Set(unauthenticated.map(({ participantId }) => participantId))].join(', ')}: check step 2`,
    },
    {
      ok: !initiates || started,
      text: !initiates
        ? 'not the initiator of this scenario: nothing to start'
        : started
          ? `the runtime's log shows SessionStart accepted, initiator_sender=${sender}`
          : `the runtime's log shows no SessionStart accepted with initiator_sender=${sender}: can_start_sessions must be true (step 2)`,
    },
  ];
}

function toIdentity(entry: RuntimeIdentity): Identity & { readonly token: string } {
  return {
    token: entry.token,
    sender: entry.sender,
    allowedModes: entry.allowed_modes ?? [],
    canStartSessions: entry.can_start_sessions ?? true,
    canManageModeRegistry: entry.can_manage_mode_registry ?? false,
    isObserver: entry.is_observer ?? false,
    ...(typeof entry.max_open_sessions === 'number' ? { maxOpenSessions: entry.max_open_sessions } : {}),
  };
}

function lineLogger(lines: string[]): Logger {
  const keep = (message: string): void => {
    if (lines.length < MAX_LINES) lines.push(message);
  };
  return { debug: () => undefined, info: keep, warn: keep, error: keep };
}
