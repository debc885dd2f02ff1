import type { CallbackHandlerMethods } from '@langchain/core/callbacks/base';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { END, MemorySaver, START, StateGraph, StateSchema, type BaseCheckpointSaver } from '@langchain/langgraph';
import type { Transaction } from '@macp-agent/template-langgraph/decide';
import { ASSESSMENT, assessmentSchema, promptFor, type Assessment } from '@macp-agent/template-langgraph/model';
import { z } from 'zod';
import { flagChargebacks, flagDevice, INSTRUCTIONS } from './decide.js';

const State = new StateSchema({
  facts: z.record(z.string(), z.unknown()),
  deviceTrustScore: z.number(),
  priorChargebacks: z.number(),
  deviceFlag: z.enum(['critical', 'low', 'none']).optional(),
  chargebackFlag: z.enum(['high', 'moderate', 'none']).optional(),
  assessment: assessmentSchema.optional(),
});

export interface FraudGraphParts {
  readonly model: BaseChatModel;
  /** Where the state of a session is kept, by thread id. Default: in memory. */
  readonly checkpointer?: BaseCheckpointSaver;
  /** Told about every model call. */
  readonly callbacks?: CallbackHandlerMethods[];
}

/** START → device_trust → chargebacks → recommendation → END; only the last step asks the model. */
export function buildFraudGraph({ model, checkpointer = new MemorySaver(), callbacks = [] }: FraudGraphParts) {
  const recommender = model.withStructuredOutput(assessmentSchema, { name: ASSESSMENT, method: 'functionCalling' });
  return new StateGraph(State)
    .addNode('device_trust', (state) => ({ deviceFlag: flagDevice(state) }))
    .addNode('chargebacks', (state) => ({ chargebackFlag: flagChargebacks(state) }))
    .addNode('recommendation', async ({ facts, deviceFlag, chargebackFlag }, config) => ({
      assessment: await recommender.invoke(promptFor(INSTRUCTIONS, { ...facts, deviceFlag, chargebackFlag }), config),
    }))
    .addEdge(START, 'device_trust')
    .addEdge('device_trust', 'chargebacks')
    .addEdge('chargebacks', 'recommendation')
    .addEdge('recommendation', END)
    .compile({ checkpointer, name: 'fraud-review' })
    .withConfig({ callbacks });
}

/** One transaction through the graph; `threadId` is the session id. */
export async function assessFraud(
  graph: ReturnType<typeof buildFraudGraph>,
  threadId: string,
  transaction: Transaction,
  signal: AbortSignal,
): Promise<Assessment> {
  const { deviceTrustScore, priorChargebacks } = transaction;
  const state = await graph.invoke({ facts: { ...transaction }, deviceTrustScore, priorChargebacks }, { configurable: { thread_id: threadId }, signal });
  if (state.assessment === undefined) throw new Error(`The fraud graph ended without an assessment for session ${threadId}; look at the nodes in graph.ts.`);
  return state.assessment;
}
