import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Harness, MAJORITY } from '../harness.test.support.js';

const DELEGATED = {
  ...MAJORITY,
  policyId: 'policy.delegated',
  rules: { commitment: { authority: 'designated_role', designated_roles: ['risk-agent', 'observer'] } },
};

interface Answer {
  readonly status: string;
  readonly errorCode?: string;
  readonly message?: string;
}

describe('suspending and resuming a run', () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await Harness.start({ policies: [MAJORITY, DELEGATED] });
  });
  afterEach(() => harness.close());
  const ask = (id: string, what: string): Promise<{ status: number; body: Answer }> => harness.post<Answer>(`runs/${id}/${what}`, { reason: 'a question' });
  const until = (id: string, status: string): Promise<void> =>
    vi.waitFor(async () => expect((await harness.run(id)).status).toBe(status), { timeout: 10_000, interval: 20 });

  it('is done where the policy names this observer', async () => {
    const { id, lead } = await harness.open(60_000, undefined, DELEGATED.policyId);
    await until(id, 'running');
    expect(await ask(id, 'suspend')).toMatchObject({ status: 200, body: { status: 'suspended' } });
    expect((await lead.metadata()).metadata.state).toBe('SESSION_STATE_SUSPENDED');
    expect(await ask(id, 'suspend')).toMatchObject({ status: 400, body: { errorCode: 'INVALID_STATE_TRANSITION' } });
    expect(await ask(id, 'resume')).toMatchObject({ status: 200, body: { status: 'running' } });
    expect((await lead.metadata()).metadata.state).toBe('SESSION_STATE_OPEN');
    await lead.cancel();
  });

  it('is refused with the fix where it does not', async () => {
    const { id, lead } = await harness.open();
    await until(id, 'running');
    const { status, body } = await ask(id, 'suspend');
    expect(status).toBe(403);
    expect(body.errorCode).toBe('FORBIDDEN');
    expect(body.message).toContain('Its initiator may, with SuspendSession');
    expect((await harness.run(id)).status).toBe('running');
    await lead.cancel();
  });
});
