import { MacpError } from '@macp-agent/protocol';
import { didYouMean } from '@macp-agent/scenarios';
import type { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { EXIT } from '../exit-code.js';
import { checkTokenMaps, refuseDuplicates, type SenderRow } from '../onboarding/check-token-maps.js';
import {
  fingerprint,
  loadTokenMaps,
  newToken,
  tokenMapOptions,
  writeProducerMap,
  writeRuntimeMap,
  type TokenMapOptions,
  type TokenMaps,
} from '../onboarding/load-token-maps.js';

interface TokensOptions extends TokenMapOptions {
  readonly json?: boolean;
}

const RELOAD = 'next: send macp runtime SIGHUP, or restart the reference runtime';

/** `macp tokens list | check | rotate | prune`. */
export function addTokensCommand(program: Command, context: CliContext): void {
  const tokens = program.command('tokens').description('list, compare and replace the tokens of the two maps; no token is ever printed');
  const add = (command: Command, act: (maps: TokenMaps, sender: string) => number, examples: string): void => {
    tokenMapOptions(command)
      .option('--json', 'print one JSON object per line')
      .addHelpText('after', `\n${examples}`)
      .action((...words: unknown[]) => {
        const named = typeof words[0] === 'string' ? words[0] : undefined;
        const options = words[named === undefined ? 0 : 1] as TokensOptions;
        context.json = options.json === true;
        context.exitCode = act(loadTokenMaps(context.config, options), named ?? '');
      });
  };

  add(
    tokens.command('list').description('the senders, by fingerprint, and what each may do'),
    (maps) => list(maps, context),
    'Example:\n  macp tokens list --json | jq -r .sender\n\nEach line of --json: { sender, fingerprints, rights, problems }',
  );
  add(
    tokens.command('check').description('the senders, and where the maps disagree'),
    (maps) => check(maps, context),
    'Example:\n  macp tokens check --runtime-map /etc/macp/tokens.json --env-file producer.env\n\nEach line of --json: { sender, fingerprints, rights,\nproblems: [{ level, text }] }\nExit codes: 0 they agree, 1 they do not, 2 a map cannot be read',
  );
  add(
    tokens.command('rotate').description('give a sender a new token with the rights of the old one, which stays valid').argument('<sender>'),
    (maps, sender) => rotate(maps, sender, context),
    'Example:\n  macp tokens rotate risk-agent     # then reload the runtime\n  macp tokens prune risk-agent      # when no run uses the old one\n\n--json: { sender, added, kept, runtimeMap, envFile }, tokens as fingerprints',
  );
  add(
    tokens.command('prune').description('remove every token of a sender but the one that the producer uses').argument('<sender>'),
    (maps, sender) => prune(maps, sender, context),
    'Example:\n  macp tokens prune risk-agent\n\n--json: { sender, removed, kept, runtimeMap }, tokens as fingerprints',
  );
}

function list(maps: TokenMaps, { output, json }: CliContext): number {
  const rows = checkTokenMaps(maps);
  for (const row of rows) {
    if (json) output.json(row);
    else output.line(`${row.sender}  ${row.fingerprints.join(' ') || 'no token'}  ${row.rights || 'unknown to the runtime'}`);
  }
  sayEmpty(rows, maps, output);
  return EXIT.ok;
}

function check(maps: TokenMaps, { output, json }: CliContext): number {
  const rows = checkTokenMaps(maps);
  const wrong = rows.filter(({ problems }) => problems.some(({ level }) => level === 'error')).length;
  for (const row of rows) {
    if (json) {
      output.json(row);
      continue;
    }
    const level = row.problems.some((problem) => problem.level === 'error') ? 'error' : row.problems.length > 0 ? 'warning' : 'ok';
    const mark = level === 'ok' ? 'ok     ' : level === 'error' ? output.colors.red('error  ') : output.colors.yellow('warning');
    output.line(
      [
        `${mark}  ${row.sender}  ${row.fingerprints.join(' ') || 'no token'}  ${row.rights || 'unknown to the runtime'}`,
        ...row.problems.map(({ text }) => text),
      ].join('; '),
    );
  }
  sayEmpty(rows, maps, output);
  return wrong === 0 ? EXIT.ok : EXIT.failed;
}

function sayEmpty(rows: readonly SenderRow[], { runtimeFile, envFile }: TokenMaps, output: CliContext['output']): void {
  if (rows.length === 0) output.note(`no tokens in ${runtimeFile} and ${envFile}; make some with: macp onboard <sender>`);
}

function rotate(maps: TokenMaps, sender: string, { output, json }: CliContext): number {
  refuseDuplicates(maps);
  requireSender(maps, sender);
  const { runtimeFile, envFile, variable, identities, producer } = maps;
  const token = newToken();
  // The rights of the entry in use, else of the newest; the old entry stays until it is pruned.
  const model = identities.findLast((identity) => identity.token === producer.get(sender)) ?? identities.findLast((identity) => identity.sender === sender);
  const kept = identities.filter((identity) => identity.sender === sender).map((identity) => fingerprint(identity.token));
  // The runtime first: a token that only it knows harms nobody.
  writeRuntimeMap(runtimeFile, [...identities, { ...model, sender, token }]);
  const own = producer.has(sender);
  if (own) writeProducerMap(envFile, variable, new Map([...producer, [sender, token]]));
  if (json) output.json({ sender, added: fingerprint(token), kept, runtimeMap: runtimeFile, envFile: own ? envFile : null });
  else {
    output.line(`${sender}: ${fingerprint(token)} added beside ${kept.join(', ')}, with the same rights`);
    output.line(
      own
        ? `${envFile}: ${variable} now gives ${sender} the new one`
        : `${envFile} has no ${sender}: give the agent the new token yourself; it stands in ${runtimeFile}`,
    );
  }
  output.note(`${RELOAD}; then, when no run uses the old token: macp tokens prune ${sender}`);
  return EXIT.ok;
}

function prune(maps: TokenMaps, sender: string, { output, json }: CliContext): number {
  requireSender(maps, sender);
  const { runtimeFile, identities, producer } = maps;
  const used = producer.get(sender);
  const keep = identities.findLast((identity) => identity.sender === sender && (used === undefined || identity.token === used));
  if (keep === undefined)
    throw new MacpError(
      'INVALID_OPTIONS',
      `the producer uses a token of ${sender} that ${runtimeFile} does not have; nothing was removed. Give it a new one: macp tokens rotate ${sender}`,
      { context: { sender } },
    );
  const left = identities.filter((identity) => identity.sender !== sender || identity === keep);
  const removed = identities.filter((identity) => !left.includes(identity)).map(({ token }) => fingerprint(token));
  refuseDuplicates({ runtimeFile, identities: left });
  if (removed.length > 0) writeRuntimeMap(runtimeFile, left);
  if (json) output.json({ sender, removed, kept: fingerprint(keep.token), runtimeMap: runtimeFile });
  else output.line(`${removed.length} removed, ${fingerprint(keep.token)} stays`);
  if (removed.length > 0) output.note(RELOAD);
  return EXIT.ok;
}

function requireSender({ runtimeFile, identities }: TokenMaps, sender: string): void {
  const senders = identities.map((identity) => identity.sender);
  if (!senders.includes(sender))
    throw new MacpError('INVALID_OPTIONS', `${runtimeFile} has no sender ${sender}.${didYouMean(sender, senders)} New ones: macp onboard <sender>`, {
      context: { sender },
    });
}
