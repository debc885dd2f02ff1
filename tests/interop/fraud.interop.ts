import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FRAUD, MacpProcess } from '../fraud/macp-process.js';
import { RuntimeProcess, RUNTIMES } from './runtimes.js';

const AGENTS = ['risk-agent', 'fraud-agent', 'growth-agent', 'compliance-agent'];
const tokens = Object.fromEntries(AGENTS.map((sender) => [sender, `token-${sender}`]));
const identities = [
  ...AGENTS.map((sender) => ({ token: tokens[sender], sender, can_start_sessions: sender === 'risk-agent' })),
  { token: 'token-runner', sender: 'runner', can_start_sessions: false, is_observer: true, can_manage_mode_registry: true },
];
const cases = fileURLToPath(new URL('../../examples/fraud/cases.jsonl', import.meta.url));

const played = async (runtime: RuntimeProcess, args: readonly string[], variable: string): Promise<string[]> => {
  using run = new MacpProcess(['run', FRAUD, '--cases', cases, '--runtime', runtime.address, '--allow-insecure', '--output', 'results.jsonl', ...args], {
    [variable]: JSON.stringify(tokens),
    MACP_RUNNER_TOKEN: 'token-runner',
  });
  expect({ code: await run.ended, said: run.said }).toMatchObject({ code: 0 });
  return readFileSync(join(run.folder, 'results.jsonl'), 'utf8').trim().split('\n');
};

describe.each(RUNTIMES)('the fraud cases of four processes on $name', (kind) => {
  const all = readFileSync(cases, 'utf8').trim().split('\n').length;
  const env = { MACP_AUTH_TOKENS_JSON: JSON.stringify(identities) };

  it('end as they do on the embedded runtime', { timeout: 300_000 }, async () => {
    await using runtime = await RuntimeProcess.start(kind, { ...env, MACP_MEMORY_ONLY: '1' });
    expect(await played(runtime, [], 'EXAMPLES_SERVICE_AGENT_TOKENS_JSON')).toHaveLength(all);
  });

  it('are told whole by a runtime with a disk, which may drop the history of a session with its end', { timeout: 300_000 }, async () => {
    await using runtime = await RuntimeProcess.start(kind, env);
    const results = (await played(runtime, ['--tokens-env', 'TOKENS_OF_OURS'], 'TOKENS_OF_OURS')).map((line) => JSON.parse(line) as { outcome: { votes: [] } });
    expect(results.map(({ outcome }) => outcome.votes.length)).toEqual(Array(all).fill(4));
  });

  it('are all decided where the runtime takes fewer in a minute than there are', { timeout: 300_000 }, async () => {
    await using runtime = await RuntimeProcess.start(kind, { ...env, MACP_MEMORY_ONLY: '1', MACP_SESSION_START_LIMIT_PER_MINUTE: '12' });
    expect(await played(runtime, [], 'EXAMPLES_SERVICE_AGENT_TOKENS_JSON')).toHaveLength(all);
  });
});
