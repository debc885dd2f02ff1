import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import * as core from '../index.js';
import { AGENT_NAMES, LEFT_OUT, MEMBERS, ROOT_NAMES } from './older-sdk-names.test.support.js';

const { Auth, MacpClient, MacpAckError, MacpIdentityMismatchError, MacpRetryError, MacpTransportError } = core;

const exported: Readonly<Record<string, unknown>> = core;
const auth = Auth.devAgent('ann');
const client = new MacpClient({ address: '127.0.0.1:1', allowInsecure: true, auth });
const session = new core.DecisionSession(client, { auth });
const ack = { ok: false, duplicate: false, messageId: 'm', sessionId: 's', acceptedAtUnixMs: 0, sessionState: 'SESSION_STATE_OPEN' } as const;

/** One of each; none of them connects before it is used. */
const objects: Readonly<Record<string, () => object>> = {
  MacpClient: () => client,
  MacpStream: () => core.MacpStream.prototype,
  SessionStream: () => core.SessionStream.prototype,
  DecisionSession: () => session,
  ProposalSession: () => new core.ProposalSession(client),
  TaskSession: () => new core.TaskSession(client),
  HandoffSession: () => new core.HandoffSession(client),
  QuorumSession: () => new core.QuorumSession(client),
  DecisionProjection: () => new core.DecisionProjection(),
  ProposalProjection: () => new core.ProposalProjection(),
  TaskProjection: () => new core.TaskProjection(),
  HandoffProjection: () => new core.HandoffProjection(),
  QuorumProjection: () => new core.QuorumProjection(),
  Participant: () => new core.Participant({ participantId: 'ann', sessionId: session.sessionId, mode: session.mode, client }),
  Dispatcher: () => new core.Dispatcher(),
  ProtoRegistry: () => client.protoRegistry,
  ModeRegistryWatcher: () => new core.ModeRegistryWatcher(client),
  RootsWatcher: () => new core.RootsWatcher(client),
  PolicyWatcher: () => new core.PolicyWatcher(client),
  SessionLifecycleWatcher: () => new core.SessionLifecycleWatcher(client),
  SignalWatcher: () => new core.SignalWatcher(client),
  MacpTransportError: () => new MacpTransportError('UNAVAILABLE', 'away'),
  MacpRetryError: () => new MacpRetryError(3, 'retries exhausted', { cause: new Error('away') }),
  MacpAckError: () => new MacpAckError({ ...ack, error: undefined }, 'Send Vote'),
  MacpIdentityMismatchError: () => new MacpIdentityMismatchError('ann', 'bob'),
};

describe('a name of the older SDK', () => {
  it.each(ROOT_NAMES)('%s is exported, or its replacement is named', (name) => {
    expect(name in LEFT_OUT).toBe(exported[name] === undefined);
  });

  it.each(AGENT_NAMES)('agent.%s is exported, or its replacement is named', (name) => {
    const found: Readonly<Record<string, unknown>> = core.agent;
    expect(`agent.${name}` in LEFT_OUT).toBe(found[name] === undefined);
  });

  it.each(Object.entries(MEMBERS).flatMap(([owner, members]) => members.map((member) => [owner, member] as const)))(
    '%s.%s is there, or its replacement is named',
    (owner, member) => {
      const object = objects[owner]?.();
      expect(object).toBeDefined();
      expect(`${owner}.${member}` in LEFT_OUT).toBe(!(member in (object ?? {})));
    },
  );

  it.each(Object.entries(LEFT_OUT))('%s is left out and in the table of the README', async (name, { instead }) => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    expect(readme).toContain(`| \`${name}\` | ${instead} |`);
  });

  it('that is left out has a place in the lists', () => {
    const listed = new Set([
      ...ROOT_NAMES,
      ...AGENT_NAMES.map((name) => `agent.${name}`),
      ...Object.entries(MEMBERS).flatMap(([owner, members]) => members.map((member) => `${owner}.${member}`)),
    ]);
    expect(Object.keys(LEFT_OUT).filter((name) => !listed.has(name))).toEqual([]);
  });
});
