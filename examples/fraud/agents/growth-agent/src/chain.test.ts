import { assessWithAgent } from '@macp-agent/template-langchain/chain';
import { readTransaction } from '@macp-agent/template-langchain/decide';
import { RulesModel } from '@macp-agent/template-langchain/model';
import { ruleMoves } from '@macp-agent/template-langchain/session-tools';
import { describe, expect, it } from 'vitest';
import { INSTRUCTIONS, recommend } from './decide.js';
import { growthTools } from './tools.js';

describe('the growth chain', () => {
  it('reads its tools and ends with the assessment of the rules', async () => {
    const results: unknown[] = [];
    const model = new RulesModel((facts, read) => {
      results.push(read);
      return recommend(readTransaction(facts));
    }, ruleMoves);
    const facts = { ...readTransaction({ isVipCustomer: true, accountAgeDays: 14, transactionAmount: 2400 }) };
    const assessment = await assessWithAgent({ model, tools: growthTools }, { instructions: INSTRUCTIONS, facts }, AbortSignal.timeout(5_000));
    expect(assessment).toMatchObject({ recommendation: 'APPROVE', confidence: 0.88 });
    expect(results.at(-1)).toEqual({ customer_profile: { tier: 'vip', accountAge: 'settled' }, amount_band: 'ordinary' });
  });
});
