import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { FRAUD, isAlive, MacpProcess } from './macp-process.js';

describe('an agent that is killed', () => {
  it('does not stop a majority: the commitment names who is missing', { timeout: 60_000 }, async () => {
    using run = new MacpProcess(['run', FRAUD, '--template', 'majority-veto', '--fault', 'crash:growth-agent@Proposal'], {
      MACP_PEER_WAIT_MS: '500',
      RISK_DECIDER_WAIT_ALL_TIMEOUT_MS: '4000',
    });
    expect(await run.ended).toBe(0);
    expect(run.outcome.missing).toEqual(['growth-agent']);
  });

  it('makes the initiator cancel where every vote is needed', { timeout: 60_000 }, async () => {
    using run = new MacpProcess(['run', FRAUD, '--fault', 'crash:growth-agent@Proposal'], {
      MACP_PEER_WAIT_MS: '500',
      RISK_DECIDER_WAIT_ALL_TIMEOUT_MS: '4000',
    });
    expect(await run.ended).toBe(4);
    expect(run.outcome.state).toBe('CANCELLED');
    expect(run.outcome.missing).toContain('growth-agent');
    await vi.waitFor(() => expect(run.pids.filter(isAlive)).toEqual([]), { timeout: 2_000 });
  });
});

describe("the onboarding guide's agent", () => {
  it('takes a seat among the fraud agents', { timeout: 60_000 }, async () => {
    using run = new MacpProcess(['run', fileURLToPath(new URL('../../examples/guide-agent/scenario.yaml', import.meta.url))]);
    expect(await run.ended).toBe(0);
    const ofGuide = run.of('envelope').filter(({ sender }) => sender === 'guide-agent');
    expect(ofGuide.map(({ messageType }) => messageType)).toEqual(['Evaluation', 'Vote']);
    expect(run.outcome.commitment).toMatchObject({ action: 'approve', outcomePositive: true });
  });
});
