import { resolve } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { didYouMean } from '@macp-agent/scenarios';
import type { Command } from 'commander';
import type { CliContext } from '../cli.js';
import { TOKENS_VARIABLE, type Config } from '../config.js';
import { EXIT } from '../exit-code.js';
import { fingerprint, loadProducerMap, loadRuntimeMap, writeRuntimeMap } from '../onboarding/load-token-maps.js';

interface TokensOptions {
  readonly runtimeMap?: string;
  readonly envFile: string;
  readonly tokensEnv: string;
}

/** `macp tokens check | prune`. */
export function addTokensCommand(program: Command, context: CliContext): void {
  const tokens = program.command('tokens').description('compare the two token maps, and end old tokens');
  const common = (command: Command): Command =>
    command
      .option('--runtime-map <file>', 'map of the runtime; default: MACP_AUTH_TOKENS_FILE, else macp-tokens.json')
      .option('--env-file <file>', 'env file of the producer', '.env')
      .option('--tokens-env <name>', 'variable of the producer map', TOKENS_VARIABLE);

  common(tokens.command('check').description('list the senders, and where the maps disagree')).action((options: TokensOptions) => {
    context.exitCode = check(options, context);
  });
  common(tokens.command('prune').description('remove every token of a sender but the one that the producer uses').argument('<sender>')).action(
    (sender: string, options: TokensOptions) => prune(sender, options, context),
  );
}

const runtimeFile = (config: Config, options: TokensOptions): string =>
  resolve(config.cwd, options.runtimeMap ?? config.setting('MACP_AUTH_TOKENS_FILE') ?? 'macp-tokens.json');

function check(options: TokensOptions, { config, output }: CliContext): number {
  const file = runtimeFile(config, options);
  const identities = loadRuntimeMap(file);
  const producer = loadProducerMap(resolve(config.cwd, options.envFile), options.tokensEnv);
  let wrong = 0;
  for (const sender of new Set([...identities.map((identity) => identity.sender), ...producer.keys()])) {
    const own = identities.filter((identity) => identity.sender === sender);
    const used = producer.get(sender);
    const problem = findProblem(
      own.map(({ token }) => token),
      used,
    );
    if (problem?.level === 'error') wrong += 1;
    const rights = own.at(-1)?.can_start_sessions === false ? 'may not start sessions' : own.length === 0 ? 'unknown to the runtime' : 'may start sessions';
    output.line(
      `${problem === undefined ? 'ok     ' : problem.level === 'error' ? output.colors.red('error  ') : output.colors.yellow('warning')}  ${sender}  ${own.map(({ token }) => fingerprint(token)).join(' ') || 'no token'}  ${rights}${problem === undefined ? '' : `; ${problem.text}`}`,
    );
  }
  const dotted = identities.filter(({ token }) => token.includes('.'));
  for (const { sender } of dotted) output.line(`${output.colors.red('error  ')}  ${sender}  its token contains a dot and would be taken for a JWT (step 2)`);
  if (identities.length + producer.size === 0) output.line(`no tokens in ${file} and ${options.envFile}; make some with: macp onboard <sender>`);
  return wrong + dotted.length === 0 ? EXIT.ok : EXIT.failed;
}

function findProblem(own: readonly string[], used: string | undefined): { level: 'error' | 'warning'; text: string } | undefined {
  if (used === undefined) return { level: 'warning', text: 'not in the producer map (step 3): fine for an agent that brings its own token' };
  if (own.length === 0) return { level: 'error', text: 'in the producer map only (step 2)' };
  if (!own.includes(used)) return { level: 'error', text: `the producer uses ${fingerprint(used)}, which the runtime does not know (step 2)` };
  return own.length > 1 ? { level: 'warning', text: `${own.length - 1} old token${own.length === 2 ? '' : 's'} still valid: macp tokens prune` } : undefined;
}

function prune(sender: string, options: TokensOptions, { config, output }: CliContext): void {
  const file = runtimeFile(config, options);
  const identities = loadRuntimeMap(file);
  const senders = identities.map((identity) => identity.sender);
  if (!senders.includes(sender))
    throw new MacpError('INVALID_OPTIONS', `${file} has no sender ${sender}.${didYouMean(sender, senders)}`, { context: { sender } });
  const used = loadProducerMap(resolve(config.cwd, options.envFile), options.tokensEnv).get(sender);
  const keep = identities.findLast((identity) => identity.sender === sender && (used === undefined || identity.token === used));
  if (keep === undefined)
    throw new MacpError(
      'INVALID_OPTIONS',
      `the producer uses a token of ${sender} that ${file} does not have; nothing was removed. Onboard it again: macp onboard ${sender}`,
      { context: { sender } },
    );
  const left = identities.filter((identity) => identity.sender !== sender || identity === keep);
  if (left.length < identities.length) writeRuntimeMap(file, left);
  output.line(`${identities.length - left.length} removed, ${fingerprint(keep.token)} stays; send macp runtime SIGHUP, or restart the runtime`);
}
