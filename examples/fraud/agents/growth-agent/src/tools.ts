import { tool } from '@langchain/core/tools';
import { z } from 'zod';
import { amountBand, customerProfile } from './decide.js';

/** What the growth agent can look up. */
export const growthTools = [
  tool((facts) => JSON.stringify(customerProfile(facts)), {
    name: 'customer_profile',
    description: 'Tier (vip or standard) and account age (new, young or settled) of the customer.',
    schema: z.object({ isVipCustomer: z.boolean(), accountAgeDays: z.number().int().min(0) }),
  }),
  tool((facts) => amountBand(facts), {
    name: 'amount_band',
    description: 'Whether the amount is ordinary or large.',
    schema: z.object({ transactionAmount: z.number().min(0) }),
  }),
];
