import { resolve } from 'node:path';
import { BUILT_IN_MODES, MacpError } from '@macp-agent/protocol';
import { didYouMean } from '@macp-agent/scenarios';
import type { Command } from 'commander';
import type { CliContext } from '../cli.js';
import { TOKENS_VARIABLE } from '../config.js';
import {
  fingerprint,
  loadProducerMap,
  loadRuntimeMap,
  newToken,
  writeProducerMap,
  writeRuntimeMap,
  type RuntimeIdentity,
} from '../onboarding/load-token-maps.js';
import { readCount } from '../option-values.js';

interface OnboardOptions {
  readonly canStart?: boolean;
  readonly modes?: string;
  readonly maxOpenSessions?: number;
  readonly observer?: boolean;
  readonly manageRegistry?: boolean;
  readonly role: string;
  readonly framework: string;
  readonly runtimeMap?: string;
  readonly envFile: string;
  readonly tokensEnv: string;
}

/** `macp onboard <sender>`: steps 1 to 4 of onboarding in one go. */
export function addOnboardCommand(program: Command, context: CliContext): void {
  program
    .command('onboard')
    .description('give an agent a token: write it to the maps of runtime and producer, and say what is left to do')
    .argument('<sender>', 'the one string that names it everywhere, for example my-new-agent')
    .option('--can-start', 'it may start sessions, as an initiator does')
    .option('--modes <list>', 'only these modes, for example decision,task; default: all')
    .option('--max-open-sessions <n>', 'at most so many open sessions', readCount)
    .option('--observer', 'it may read sessions that it takes no part in')
    .option('--manage-registry', 'it may register modes and policies')
    .option('--role <role>', 'for the catalog entry', 'evaluator')
    .option('--framework <name>', 'for the catalog entry', 'custom')
    .option('--runtime-map <file>', 'map of the runtime; default: MACP_AUTH_TOKENS_FILE, else macp-tokens.json')
    .option('--env-file <file>', 'env file of the producer', '.env')
    .option('--tokens-env <name>', 'variable of the producer map', TOKENS_VARIABLE)
    .addHelpText(
      'after',
      '\nAn agent that is onboarded again gets a new token; the old one stays valid until\n`macp tokens prune <sender>`. No token is ever printed.',
    )
    .action((sender: string, options: OnboardOptions) => onboard(sender, options, context));
}

function onboard(sender: string, options: OnboardOptions, { config, output }: CliContext): void {
  checkSender(sender);
  const runtimeFile = resolve(config.cwd, options.runtimeMap ?? config.setting('MACP_AUTH_TOKENS_FILE') ?? 'macp-tokens.json');
  const envFile = resolve(config.cwd, options.envFile);
  const modes = options.modes === undefined ? undefined : readModes(options.modes);
  const identities = loadRuntimeMap(runtimeFile);
  const producer = loadProducerMap(envFile, options.tokensEnv);
  const before = identities.filter((identity) => identity.sender === sender);

  const token = newToken();
  const identity: RuntimeIdentity = {
    token,
    sender,
    can_start_sessions: options.canStart === true,
    // Ambient signals and progress name no mode.
    ...(modes === undefined ? {} : { allowed_modes: [...modes, ''] }),
    ...(options.maxOpenSessions === undefined ? {} : { max_open_sessions: options.maxOpenSessions }),
    ...(options.manageRegistry === true ? { can_manage_mode_registry: true } : {}),
    ...(options.observer === true ? { is_observer: true } : {}),
  };
  // The runtime first: a token that only it knows harms nobody.
  writeRuntimeMap(runtimeFile, [...identities, identity]);
  writeProducerMap(envFile, options.tokensEnv, new Map([...producer, [sender, token]]));

  const say = (text: string): void => output.line(text);
  say(`step 1  sender: ${sender}${sender.includes('://') ? ' (a prefix must then stand everywhere, bare names are simpler)' : ''}`);
  say(
    `step 2  ${runtimeFile}: ${before.length === 0 ? 'added' : `added beside ${before.length} older`}, token ${fingerprint(token)}, ${options.canStart === true ? 'may' : 'may not'} start sessions, modes ${modes?.join(', ') ?? 'all'}`,
  );
  say(`step 3  ${envFile}: ${options.tokensEnv} now gives ${sender} this token`);
  say('');
  say('What is left:');
  say(`- start the runtime with MACP_AUTH_TOKENS_FILE=${runtimeFile}; macp runtime reads it again on SIGHUP, the reference runtime at a restart`);
  if (before.length > 0) say(`- once every agent uses the new token: macp tokens prune ${sender}`);
  say(`- step 4: write agents/${sender}/agent.json in your pack`);
  say(
    JSON.stringify({
      agentRef: sender,
      id: sender,
      name: sender,
      framework: options.framework,
      role: options.role,
      entrypoint: { type: 'node_file', value: 'dist/main.js' },
    }),
  );
  say('  and add it to the participants of the scenario');
  say(`- { id: ${sender}, role: ${options.role}, agentRef: ${sender} }`);
  say('- step 5: write its loop: npm create macp-agent');
  say('Both files hold tokens: they are readable by you only; keep them out of version control.');
}

/** Rules of onboarding step 1, and what makes strings look equal that are not. */
function checkSender(sender: string): void {
  const bad = (rule: string): MacpError => new MacpError('INVALID_OPTIONS', `the sender id "${sender}" ${rule} (onboarding step 1)`, { context: { sender } });
  if (sender.trim() === '') throw bad('must not be empty');
  if (sender !== sender.trim() || /\s/.test(sender)) throw bad('must not contain blanks');
  if (/[^\u0021-\u007e]/.test(sender)) throw bad('should be plain ASCII, so that no look-alike letter can differ');
  if (sender.length > 256) throw bad('must not be longer than 256 characters');
}

function readModes(list: string): string[] {
  const known = BUILT_IN_MODES.map(({ descriptor }) => descriptor.mode);
  return list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .map((word) => {
      const found = known.find((mode) => mode === word || mode === `macp.mode.${word}.v1` || mode === `ext.${word}.v1`);
      if (found !== undefined) return found;
      // An extension mode of the deployment.
      if (word.includes('.')) return word;
      const short = known.map((mode) => mode.replace(/^macp\.mode\.|^ext\.|\.v1$/g, ''));
      throw new MacpError('INVALID_OPTIONS', `--modes ${word} is not a mode.${didYouMean(word, short)} There are: ${short.join(', ')}`);
    });
}
