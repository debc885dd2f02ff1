import { Auth, DecisionSession, MacpClient } from '@macp-agent/core';
import { startRuntime, type Runtime } from '@macp-agent/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { macp } from '../cli.test-support.js';

const cwd = process.cwd();
let runtime: Runtime;
let client: MacpClient;
let env: Record<string, string>;

beforeEach(async () => {
  runtime = await startRuntime({
    identities: [
      { token: 'token-of-lead', sender: 'lead' },
      { token: 'token-of-observer', sender: 'observer', isObserver: true, canStartSessions: false },
    ],
  });
  client = new MacpClient({ address: runtime.address, secure: false, auth: Auth.bearer('token-of-lead', { expectedSender: 'lead' }) });
  env = { MACP_RUNTIME_ADDRESS: runtime.address, MACP_OBSERVER_TOKEN: 'token-of-observer' };
});
afterEach(async () => {
  await client.close();
  await runtime.close(0);
});

async function start(): Promise<DecisionSession> {
  const session = new DecisionSession(client);
  await session.start({ intent: 'choose', participants: ['lead', 'other'], ttlMs: 60_000 });
  return session;
}

describe('macp sessions', () => {
  it('lists sessions, by state where asked', async () => {
    const one = await start();
    const two = await start();
    await two.cancel('not needed');
    const all = await macp(['sessions', 'list'], { cwd, env });
    expect(all.stdout).toContain(`${one.sessionId}  OPEN       macp.mode.decision.v1  lead with 2 participants`);
    expect(all.stdout).toContain(`${two.sessionId}  CANCELLED`);
    const open = await macp(['sessions', 'list', '--state', 'open', '--json'], { cwd, env });
    expect(
      open.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { sessionId: string }).sessionId),
    ).toEqual([one.sessionId]);
  });

  it('shows one session by the beginning of its id', async () => {
    const session = await start();
    await session.propose({ proposalId: 'p', option: 'a' });
    const { code, stdout } = await macp(['sessions', 'show', session.sessionId.slice(0, 12)], { cwd, env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/state +OPEN\n[\s\S]*participant +lead {2}\d messages?, the last [\s\S]*participant +other {2}0 messages/);
  });

  it('watches one session until it ends, every envelope a line', async () => {
    const session = await start();
    await session.propose({ proposalId: 'p', option: 'a' });
    const { promise: proposed, seen } = waitFor('Proposal');
    const watching = macp(['sessions', 'watch', session.sessionId, '--json'], { cwd, env, onOutput: seen });
    await proposed;
    await session.cancel('enough');
    const { code, stdout } = await watching;
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; messageType?: string; state?: string });
    expect(lines.map(({ type, messageType, state }) => (type === 'envelope' ? messageType : state))).toEqual(['SessionStart', 'Proposal', 'CANCELLED']);
  });

  it('watches all sessions until Ctrl-C', async () => {
    const stop = new AbortController();
    const { promise: created, seen } = waitFor('CREATED');
    const watching = macp(['sessions', 'watch'], { cwd, env, signal: stop.signal, onOutput: seen });
    const session = await start();
    await created;
    stop.abort();
    expect(await watching).toMatchObject({ code: 0, stdout: expect.stringContaining(session.sessionId) as string });
  });

  it('says what is missing: the address, the credential, the session', async () => {
    expect(await macp(['sessions', 'list'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('which runtime? Give --runtime host:port') as string,
    });
    expect(await macp(['sessions', 'list', '--runtime', runtime.address], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('set MACP_OBSERVER_TOKEN') as string,
    });
    expect(await macp(['sessions', 'show', 'abcd'], { cwd, env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no session begins with abcd') as string,
    });
  });
});

function waitFor(text: string): { readonly promise: Promise<void>; readonly seen: (output: string) => void } {
  let done: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    done = resolve;
  });
  return { promise, seen: (output) => output.includes(text) && done() };
}
