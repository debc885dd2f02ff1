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

describe.each(RUNTIMES)('the fraud cases of four processes on $name', (kind) => {
  it('end as they do on the embedded runtime', { timeout: 300_000 }, async () => {
    await using runtime = await RuntimeProcess.start(kind, { MACP_MEMORY_ONLY: '1', MACP_AUTH_TOKENS_JSON: JSON.stringify(identities) });
    using run = new MacpProcess(['run', FRAUD, '--cases', cases, '--runtime', runtime.address, '--allow-insecure', '--output', 'results.jsonl'], {
      EXAMPLES_SERVICE_AGENT_TOKENS_JSON: JSON.stringify(tokens),
      MACP_RUNNER_TOKEN: 'token-runner',
    });
    expect({ code: await run.ended, said: run.said }).toMatchObject({ code: 0 });
    const results = readFileSync(join(run.folder, 'results.jsonl'), 'utf8').trim().split('\n');
    expect(results).toHaveLength(readFileSync(cases, 'utf8').trim().split('\n').length);
  });
});
