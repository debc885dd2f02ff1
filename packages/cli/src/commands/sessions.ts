import { Session, type LifecycleChange } from '@macp-agent/core';
import { MacpError, type SessionLifecycleEvent, type SessionMetadata } from '@macp-agent/protocol';
import { describeMessage, didYouMean, toJson } from '@macp-agent/scenarios';
import { Option, type Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { CONNECT_HELP, connectOptions, openClient, type ConnectOptions } from '../connect/open-client.js';
import { EXIT } from '../exit-code.js';
import { readSeconds } from '../option-values.js';
import { clean } from '../output.js';

interface SessionsOptions extends ConnectOptions {
  readonly timeout: number;
  readonly state?: string;
  readonly json?: boolean;
}

const STATES = ['open', 'suspended', 'resolved', 'expired', 'cancelled'];

/** `macp sessions list | show | watch`: what a runtime has. */
export function addSessionsCommand(program: Command, context: CliContext): void {
  const sessions = program.command('sessions').description('sessions of a runtime: list, show, and watch them as they happen');
  const common = (command: Command): Command =>
    connectOptions(command).option('--timeout <seconds>', 'limit of each call', readSeconds, 10).option('--json', 'print one JSON object per line');

  common(sessions.command('list').description('sessions that the runtime keeps in memory'))
    .addOption(new Option('--state <state>', 'only those').choices(STATES))
    .addHelpText(
      'after',
      `\nExample:\n  macp sessions list --runtime 127.0.0.1:50051 --state open\n\n${CONNECT_HELP}\n\nEach line of --json is the SessionMetadata that ListSessions answers.`,
    )
    .action(async (options: SessionsOptions) => {
      context.json = options.json === true;
      await list(options, context);
    });

  common(sessions.command('show').description('one session: state, versions, who has said how much').argument('<session>', 'a session id or its beginning'))
    .addHelpText(
      'after',
      `\nExample:\n  macp sessions show 0b7a6f0e --json | jq .participants\n\n${CONNECT_HELP}\nParticipants and observers may read a session.`,
    )
    .action(async (id: string, options: SessionsOptions) => {
      context.json = options.json === true;
      await show(id, options, context);
    });

  common(
    sessions
      .command('watch')
      .description('changes of all sessions, or every envelope of one, until it ends or Ctrl-C')
      .argument('[session]', 'a session id or its beginning; default: all sessions'),
  )
    .addHelpText(
      'after',
      `\nExamples:\n  macp sessions watch --json | jq -c .state\n  macp sessions watch 0b7a6f0e\n\n${CONNECT_HELP}\n
Lines of --json: { type: 'state', sessionId, state, atUnixMs, mode, initiator },
and for one session { type: 'envelope', seq, atUnixMs, sender, messageType,
payload } too.`,
    )
    .action(async (id: string | undefined, options: SessionsOptions) => {
      context.json = options.json === true;
      await (id === undefined ? watchAll(options, context) : watchOne(id, options, context));
      context.exitCode = EXIT.ok;
    });
}

async function list(options: SessionsOptions, { config, output, json, signal }: CliContext): Promise<void> {
  await using client = openClient(config, options);
  const found = await client.listSessions({ timeoutMs: options.timeout * 1000, signal });
  const rows = found
    .filter(({ state }) => options.state === undefined || plain(state) === options.state.toUpperCase())
    .toSorted((a, b) => b.startedAtUnixMs - a.startedAtUnixMs);
  for (const row of rows) {
    if (json) output.json(row);
    else output.line(lineOf(row));
  }
  if (rows.length === 0) output.note(options.state === undefined ? 'the runtime keeps no session' : `no session is ${options.state}`);
}

async function show(word: string, options: SessionsOptions, context: CliContext): Promise<void> {
  const { config, output, json, signal } = context;
  await using client = openClient(config, options);
  const { metadata } = await client.getSession(await fullId(word, client, options, signal), { timeoutMs: options.timeout * 1000, signal });
  if (json) {
    output.json(metadata);
    return;
  }
  const row = (name: string, text: string): void => output.line(`${name.padEnd(13)}  ${clean(text)}`);
  row('session', metadata.sessionId);
  row('state', plain(metadata.state));
  row('mode', `${metadata.mode} ${metadata.modeVersion}`);
  row('policy', metadata.policyVersion);
  row('configuration', metadata.configurationVersion);
  row('initiator', metadata.initiator);
  row('started', time(metadata.startedAtUnixMs));
  row('expires', time(metadata.expiresAtUnixMs));
  if (metadata.contextId !== '') row('context', metadata.contextId);
  if (metadata.extensionKeys.length > 0) row('extensions', metadata.extensionKeys.join(', '));
  const activity = new Map(metadata.participantActivity.map((one) => [one.participantId, one]));
  for (const participant of new Set([metadata.initiator, ...metadata.participants])) {
    const { messageCount = 0, lastMessageAtUnixMs = 0 } = activity.get(participant) ?? {};
    row(
      'participant',
      `${participant}  ${messageCount} message${messageCount === 1 ? '' : 's'}${messageCount === 0 ? '' : `, the last ${time(lastMessageAtUnixMs)}`}`,
    );
  }
}

async function watchAll(options: SessionsOptions, { config, output, json, signal }: CliContext): Promise<void> {
  await using client = openClient(config, options);
  // Once by a call with a limit, so that a wrong address fails and does not wait.
  await client.initialize({ timeoutMs: options.timeout * 1000, signal });
  try {
    for await (const event of client.watchSessions({ signal })) {
      const { session, observedAtUnixMs } = event;
      if (session === undefined) continue;
      if (json)
        output.json({
          type: 'state',
          sessionId: session.sessionId,
          state: plain(session.state),
          atUnixMs: observedAtUnixMs,
          mode: session.mode,
          initiator: session.initiator,
        });
      else output.line(`${time(observedAtUnixMs)}  ${eventName(event).padEnd(9)}  ${lineOf(session)}`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function watchOne(word: string, options: SessionsOptions, { config, output, json, signal }: CliContext): Promise<void> {
  await using client = openClient(config, options);
  const sessionId = await fullId(word, client, options, signal);
  const { metadata } = await client.getSession(sessionId, { timeoutMs: options.timeout * 1000, signal });
  const session = new Session(client, metadata.mode, { sessionId });
  const stream = session.openStream({ signal });
  const state = (name: string, atUnixMs: number): void => {
    if (json) output.json({ type: 'state', sessionId, state: plain(name), atUnixMs, mode: metadata.mode, initiator: metadata.initiator });
    else output.line(`${time(atUnixMs)}  session  ${plain(name)}`);
  };
  let last = 'OPEN';
  stream.onLifecycle((change: LifecycleChange) => {
    // That it is open goes without saying, until it was not.
    if (plain(change.state) !== last) state(change.state, Date.now());
    last = plain(change.state);
  });
  try {
    for await (const { sequence, timestampUnixMs, sender, messageType, decodedPayload } of stream) {
      if (json) output.json({ type: 'envelope', seq: sequence, atUnixMs: timestampUnixMs, sender, messageType, payload: toJson(decodedPayload) });
      else output.line(`${time(timestampUnixMs)}  ${clean(sender)}  ${messageType}  ${clean(describeMessage(messageType, decodedPayload))}`.trimEnd());
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return;
  }
  if (stream.state !== undefined) output.note(`the session is ${plain(stream.state)}`);
}

/** A whole id as it stands; the beginning of one is looked up in the list. */
async function fullId(
  word: string,
  client: { listSessions(options: object): Promise<SessionMetadata[]> },
  options: SessionsOptions,
  signal: AbortSignal,
): Promise<string> {
  const call = { timeoutMs: options.timeout * 1000, signal };
  if (word.length >= 22) return word;
  const ids = (await client.listSessions(call)).map(({ sessionId }) => sessionId);
  const [only, ...others] = ids.filter((id) => id.startsWith(word));
  if (only !== undefined && others.length === 0) return only;
  throw new MacpError(
    'INVALID_OPTIONS',
    only === undefined
      ? `no session begins with ${word}.${didYouMean(word, ids)} macp sessions list shows what there is`
      : `${word} begins several session ids: ${[only, ...others].join(', ')}`,
  );
}

const lineOf = ({ sessionId, state, mode, initiator, participants }: SessionMetadata): string =>
  `${sessionId}  ${plain(state).padEnd(9)}  ${mode}  ${clean(initiator)} with ${participants.length} participant${participants.length === 1 ? '' : 's'}`;

const plain = (state: string): string => state.replace('SESSION_STATE_', '');
const eventName = ({ eventType }: SessionLifecycleEvent): string => eventType.replace('EVENT_TYPE_', '');
const time = (unixMs: number): string => (unixMs === 0 ? 'never' : new Date(unixMs).toISOString().replace('T', ' ').replace('Z', ''));
