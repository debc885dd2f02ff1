import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Runtime } from '@macp-agent/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileScenario } from '../compile.js';
import { reviewScenario, startReviewRuntime, TOKENS } from '../fixtures/review.test.support.js';
import { findAgents } from '../launch/load-agents.js';
import { readFault } from './fault.js';
import type { RunEvent } from './run-event.js';
import type { RunResult } from './run-options.js';
import { runScenario } from './run-scenario.js';

let folder: string;
let runtime: Runtime;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'macp-faults-'));
  runtime = await startReviewRuntime();
});
afterEach(async () => {
  await runtime.close(0);
  rmSync(folder, { recursive: true, force: true });
});

const agent = { entry: 'kept.mjs' };

async function play(text: string): Promise<RunResult & { readonly events: RunEvent[]; said(sender: string): string[] }> {
  const scenario = reviewScenario({ r1: agent, r2: agent, lead: agent });
  const compiled = compileScenario(scenario);
  const events: RunEvent[] = [];
  const result = await runScenario(compiled, {
    runtime: { address: runtime.address, tls: false, allowInsecure: true },
    runnerToken: 'runner-token',
    agentTokens: TOKENS,
    agents: findAgents(scenario, compiled.participantBindings),
    runsDir: folder,
    parentEnv: { PATH: process.env['PATH'], RISK_DECIDER_WAIT_ALL_TIMEOUT_MS: '2000', MACP_PEER_WAIT_MS: '1000' },
    fault: readFault(text, {}).fault,
    onEvent: (event) => events.push(event),
  });
  const said = (sender: string): string[] => events.flatMap((event) => (event.type === 'envelope' && event.sender === sender ? [event.messageType] : []));
  return { ...result, events, said };
}

const faultOf = (events: readonly RunEvent[]): RunEvent | undefined => events.find(({ type }) => type === 'fault');

describe('a session in which something was made to fail', () => {
  it('ends without an agent that crashed, and says whose vote is missing', async () => {
    const { outcome, events } = await play('crash:r2@Proposal');
    expect(faultOf(events)).toMatchObject({ participantId: 'r2', fault: 'crash at Proposal' });
    expect(['RESOLVED', 'CANCELLED']).toContain(outcome.state);
    expect(outcome.missing).toEqual(['r2']);
  });

  it('waits for messages that are delayed', async () => {
    const { outcome, events } = await play('delay:r1=300');
    expect(faultOf(events)).toMatchObject({ participantId: 'r1', fault: 'each message takes 300 ms longer' });
    expect(outcome).toMatchObject({ state: 'RESOLVED', missing: [], commitment: { action: 'approve' } });
    const at = (sender: string, type: string): number =>
      events.flatMap((event) => (event.type === 'envelope' && event.sender === sender && event.messageType === type ? [event.atMs] : []))[0] ?? 0;
    expect(at('r1', 'Evaluation') - at('lead', 'Proposal')).toBeGreaterThanOrEqual(290);
  });

  it.each(['r1', 'lead'])('goes on after the stream of %s broke, and nobody says anything twice', async (id) => {
    const { outcome, events, said } = await play(`drop-stream:${id}`);
    expect(faultOf(events)).toMatchObject({ participantId: id, fault: 'the session stream breaks after SessionStart' });
    expect(outcome).toMatchObject({ state: 'RESOLVED', missing: [], commitment: { action: 'approve' } });
    expect(said('r1')).toEqual(['Evaluation', 'Vote']);
    expect(said('lead')).toEqual(['SessionStart', 'Proposal', 'Commitment']);
  });

  it.each(['r1', 'lead'])('counts each message of %s once although it arrives twice', async (id) => {
    const { outcome, events, said } = await play(`duplicate:${id}`);
    expect(faultOf(events)).toMatchObject({ participantId: id, fault: 'each message is sent twice' });
    expect(outcome).toMatchObject({ state: 'RESOLVED', refused: [], commitment: { action: 'approve' } });
    expect(said('r1')).toEqual(['Evaluation', 'Vote']);
    expect(said('lead')).toEqual(['SessionStart', 'Proposal', 'Commitment']);
  });

  it('ends without an agent whose messages are refused, and says why', async () => {
    const { outcome, events } = await play('nack:r1');
    expect(faultOf(events)).toMatchObject({ participantId: 'r1', fault: 'each message is refused' });
    expect(['RESOLVED', 'CANCELLED']).toContain(outcome.state);
    expect(outcome.refused).toContainEqual(expect.objectContaining({ participantId: 'r1', messageType: 'Evaluation', code: 'INVALID_ENVELOPE' }));
    expect(outcome.missing).toEqual(['r1']);
  });

  it('is cancelled when the messages of its initiator are refused', async () => {
    const { outcome } = await play('nack:lead');
    expect(outcome).toMatchObject({ state: 'CANCELLED', lost: 'lead', refused: [{ participantId: 'lead', messageType: 'Proposal' }] });
    expect(outcome.reason).toContain('agent lead ended with exit code 1');
  });

  it('expires when no commitment arrives in its time', async () => {
    const { outcome, events } = await play('expire');
    expect(faultOf(events)).toMatchObject({ participantId: 'lead', fault: 'the commitment does not arrive before the session expires' });
    expect(outcome).toMatchObject({ state: 'EXPIRED', exitCode: 4 });
    expect(outcome.reason).toContain('lead did not commit');
  });
});
