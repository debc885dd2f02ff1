import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commitAfterVotes, evaluateProposals, fromBootstrap, voteAfterPeers, type Participant } from '@macp-agent/core';
import { bootstrapDocument, compileScenario, findScenario, loadPacks } from '@macp-agent/scenarios';
import { describe, expect, it } from 'vitest';
import { FRAUD } from '../fraud/macp-process.js';
import { findPython } from './outside.js';
import { RuntimeProcess, RUNTIMES } from './runtimes.js';

const python = findPython();
const script = fileURLToPath(new URL('python-agent.py', import.meta.url));
const examples = fileURLToPath(new URL('../../examples', import.meta.url));

describe.runIf(python !== undefined).each(RUNTIMES)('an agent of the Python SDK on $name', (kind) => {
  it('takes the seat of growth-agent among three of ours, from our bootstrap', async () => {
    await using runtime = await RuntimeProcess.start(kind);
    const compiled = compileScenario(findScenario(loadPacks([examples]), FRAUD));
    const document = (participantId: string): object =>
      bootstrapDocument({
        compiled,
        participantId,
        framework: 'custom',
        token: participantId,
        runtime: { address: runtime.address, tls: false, allowInsecure: true },
      });
    const evaluator = (participantId: string): Participant =>
      fromBootstrap(document(participantId))
        .use(evaluateProposals({ evaluate: () => ({ recommendation: 'APPROVE', confidence: 0.9, reason: 'fine' }) }))
        .use(voteAfterPeers({ vote: () => ({ vote: 'APPROVE', reason: 'fine' }) }));
    const risk = fromBootstrap(document('risk-agent')).use(
      commitAfterVotes({ decide: ({ votes }) => ({ action: 'approve', outcomePositive: true, authorityScope: 'review', reason: `${votes.length} votes` }) }),
    );

    const [result, , , ended] = await Promise.all([
      risk.run(),
      evaluator('fraud-agent').run(),
      evaluator('compliance-agent').run(),
      runPython(document('growth-agent')),
    ]);

    expect(ended).toEqual({ code: 0, output: expect.stringContaining('ended ') });
    expect(result).toMatchObject({ state: 'RESOLVED', commitment: { action: 'approve' } });
    const state = risk.view?.modeState as { evaluations: { sender: string; reason: string }[]; votes: Map<string, Map<string, { reason: string }>> };
    expect(state.evaluations).toContainEqual(expect.objectContaining({ sender: 'growth-agent', reason: 'evaluated in Python', confidence: 0.88 }));
    const [votes] = state.votes.values();
    expect(votes?.get('growth-agent')).toMatchObject({ vote: 'APPROVE', reason: 'voted in Python' });
  });
});

async function runPython(bootstrap: object): Promise<{ code: number | null; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'macp-python-'));
  const file = join(folder, 'bootstrap.json');
  writeFileSync(file, JSON.stringify(bootstrap), { mode: 0o600 });
  try {
    const child = spawn(python as string, [script], {
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, MACP_BOOTSTRAP_FILE: file },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    return { code, output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
