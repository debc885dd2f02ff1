import { tool } from '@langchain/core/tools';
import { z } from 'zod';
import { chargebackHistory, customerValue, deviceReputation, type Signals } from './decide.js';

/** The signals of decide.ts as tools. A model calls them with facts from the prompt; what they return goes into its assessment. */
export const signalTools = [
  tool(({ deviceTrustScore }) => deviceReputation({ deviceTrustScore }), {
    name: 'device_reputation',
    description: 'How far the device is trusted: bad, unfamiliar or known.',
    schema: z.object({ deviceTrustScore: z.number().min(0).max(1) }),
  }),
  tool(({ priorChargebacks }) => chargebackHistory({ priorChargebacks }), {
    name: 'chargeback_history',
    description: 'Chargebacks of this customer so far: clean, some or many.',
    schema: z.object({ priorChargebacks: z.number().int().min(0) }),
  }),
  tool(({ isVipCustomer, accountAgeDays }) => customerValue({ isVipCustomer, accountAgeDays }), {
    name: 'customer_value',
    description: 'What the customer is worth to the business: vip, new or regular.',
    schema: z.object({ isVipCustomer: z.boolean(), accountAgeDays: z.number().int().min(0) }),
  }),
];

const resultsSchema = z.object({
  device_reputation: z.enum(['bad', 'unfamiliar', 'known']),
  chargeback_history: z.enum(['clean', 'some', 'many']),
  customer_value: z.enum(['vip', 'new', 'regular']),
});

/** Tool results, by tool name, as the signals that the rules read. */
export function signalsFrom(results: Readonly<Record<string, unknown>>): Signals {
  const read = resultsSchema.parse(results);
  return { device: read.device_reputation, chargebacks: read.chargeback_history, customer: read.customer_value };
}
