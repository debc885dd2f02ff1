import { MacpError } from '@macp-agent/protocol';
import { parseAgentTokens, pickAgentTokens, type CompiledRun, type RuntimeTarget } from '@macp-agent/scenarios';
import { mintService, mintTokens, type MintService } from '../auth/mint-token.js';
import { RUNNER, TOKENS_VARIABLE, type Config } from '../config.js';

/** Where a run takes place, and with which credentials. */
export interface RunTarget {
  readonly runtime: RuntimeTarget;
  readonly runnerToken: string;
  /** For each run, in the order given: token by participant id. */
  readonly agentTokens: readonly ReadonlyMap<string, string>[];
  /** Stops an embedded runtime. Idempotent. */
  close(): Promise<void>;
}

export interface TargetOptions {
  /** `host:port` of a runtime; default: one in this process. */
  readonly runtime?: string | undefined;
  readonly tokensEnv?: string | undefined;
  readonly tls?: boolean | undefined;
  readonly allowInsecure?: boolean | undefined;
}

/** Starts the embedded runtime, or gathers the credentials for another one. Throws INVALID_OPTIONS or INVALID_BOOTSTRAP. */
export async function openTarget(config: Config, runs: readonly CompiledRun[], options: TargetOptions): Promise<RunTarget> {
  if (options.runtime !== undefined) {
    const service = mintingService(config, options);
    const tokens = service === undefined ? mappedTokens(config, runs, options.runtime, options) : await mintTokens(config, service, runs);
    return { runtime: remoteRuntime(options.runtime, options), ...tokens, close: () => Promise.resolve() };
  }
  // Loaded only here: a run against another runtime does not need it.
  const { startEmbeddedRuntime } = await import('./embedded-runtime.js');
  const { runtime, runnerToken, agentTokens } = await startEmbeddedRuntime(runs);
  return { runtime: { address: runtime.address, tls: false, allowInsecure: true }, runnerToken, agentTokens, close: () => runtime.close(0) };
}

/** What openTarget would refuse about another runtime, without starting anything. Throws INVALID_OPTIONS or INVALID_BOOTSTRAP. */
export function checkTarget(config: Config, runs: readonly CompiledRun[], options: TargetOptions): void {
  if (options.runtime === undefined) return;
  if (!ADDRESS.test(options.runtime))
    throw new MacpError('INVALID_OPTIONS', `--runtime ${options.runtime} is not host:port, for example --runtime 127.0.0.1:50051`);
  if (mintingService(config, options) === undefined) mappedTokens(config, runs, options.runtime, options);
}

/** Tokens are minted where there is an auth service and no token map. */
const mintingService = (config: Config, { tokensEnv }: TargetOptions): MintService | undefined =>
  config.setting(tokensEnv ?? TOKENS_VARIABLE) === undefined ? mintService(config) : undefined;

function mappedTokens(
  config: Config,
  runs: readonly CompiledRun[],
  address: string,
  { tokensEnv: variable = TOKENS_VARIABLE }: TargetOptions,
): Pick<RunTarget, 'agentTokens' | 'runnerToken'> {
  const text = config.setting(variable);
  const tokens = text === undefined ? new Map<string, string>() : parseAgentTokens(text, variable);
  const agentTokens = runs.map((run) => pickAgentTokens(tokens, run.participantBindings, text === undefined ? `${variable} (not set)` : variable));
  // The runner's own identity; without one it reads with the initiator's, who may read its own session but register nothing.
  const [first] = runs;
  const runnerToken = config.setting('MACP_RUNNER_TOKEN') ?? tokens.get(RUNNER) ?? agentTokens[0]?.get(first?.initiator.participantId ?? '');
  if (runnerToken === undefined) throw new MacpError('INVALID_OPTIONS', `there is no token to watch the run at ${address} with; set MACP_RUNNER_TOKEN`);
  return { agentTokens, runnerToken };
}

function remoteRuntime(address: string, { tls, allowInsecure }: TargetOptions): RuntimeTarget {
  const plaintext = allowInsecure === true || (tls === undefined && isLoopback(address));
  return { address, tls: !plaintext, allowInsecure: plaintext };
}

const isLoopback = (address: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(address);

/** host:port, or a target that gRPC resolves. */
const ADDRESS = /^(?:(?:unix|dns|ipv4|ipv6):\S+|(?:\[[0-9a-fA-F:.]+\]|[^\s:/]+):\d{1,5})$/;
