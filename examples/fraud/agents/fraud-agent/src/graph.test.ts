import { readTransaction } from '@macp-agent/template-langgraph/decide';
import { RulesModel } from '@macp-agent/template-langgraph/model';
import { describe, expect, it } from 'vitest';
import { flagChargebacks, flagDevice, recommend } from './decide.js';
import { assessFraud, buildFraudGraph } from './graph.js';

const rules = new RulesModel((facts) => {
  const transaction = readTransaction(facts);
  return recommend(flagDevice(transaction), flagChargebacks(transaction));
});

describe('the fraud graph', () => {
  it('runs its three steps in order and keeps the flags of a session', async () => {
    const graph = buildFraudGraph({ model: rules });
    const transaction = readTransaction({ deviceTrustScore: 0.18, priorChargebacks: 1 });
    const assessment = await assessFraud(graph, 'session-1', transaction, AbortSignal.timeout(5_000));
    expect(assessment).toMatchObject({ recommendation: 'REVIEW', confidence: 0.84 });
    const { values } = await graph.getState({ configurable: { thread_id: 'session-1' } });
    expect(values).toMatchObject({ deviceFlag: 'low', chargebackFlag: 'moderate' });
  });

  it('counts missing facts as 0, so that an unknown device blocks', async () => {
    const assessment = await assessFraud(buildFraudGraph({ model: rules }), 'session-2', readTransaction({}), AbortSignal.timeout(5_000));
    expect(assessment).toMatchObject({ recommendation: 'BLOCK', confidence: 0.94 });
  });
});
