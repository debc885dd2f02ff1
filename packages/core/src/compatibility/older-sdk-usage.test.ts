import { startRuntime } from '@macp-agent/runtime';
import { describe, expect, it } from 'vitest';
import { runDecision, runQuorum, runTask } from './older-sdk-usage.test.fixture.js';

describe('code written for the older SDK', () => {
  it('runs a decision under a policy', async () => {
    await using runtime = await startRuntime();
    expect(await runDecision(runtime.address)).toEqual({
      winner: 'p1',
      phase: 'Committed',
      denied: expect.arrayContaining([expect.stringContaining('quorum is 2')]) as string[],
      transcript: ['SessionStart', 'Proposal', 'Evaluation', 'Vote', 'Vote', 'Commitment'],
    });
  });

  it('collects a quorum with a raw stream', async () => {
    await using runtime = await startRuntime();
    expect(await runQuorum(runtime.address)).toEqual({ approvals: 2, positive: true });
  });

  it('hands a task to a participant', async () => {
    await using runtime = await startRuntime();
    expect(await runTask(runtime.address)).toMatchObject({ state: 'RESOLVED', commitment: { action: 'task.completed' } });
  });
});
