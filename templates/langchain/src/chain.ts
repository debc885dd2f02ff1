import type { CallbackHandlerMethods } from '@langchain/core/callbacks/base';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { StructuredToolInterface } from '@langchain/core/tools';
import { createAgent, createMiddleware, modelCallLimitMiddleware, toolCallLimitMiddleware, toolStrategy } from 'langchain';
import { assessmentSchema, promptFor, type Assessment } from './model.js';

export interface ChainParts {
  readonly model: BaseChatModel;
  readonly tools: readonly StructuredToolInterface[];
  /** Told about every model call, for example countTokens of model.ts. */
  readonly callbacks?: CallbackHandlerMethods[];
}

/** Model calls and tool calls for one proposal; over the limit the run fails and the agent abstains. */
const MAX_MODEL_CALLS = 6;
const MAX_TOOL_CALLS = 12;
/** Time for one model call, in milliseconds. */
const MODEL_CALL_MS = 10_000;

/** An agent that reads signals through its tools and must end with a structured assessment. */
export function buildAgent({ model, tools, callbacks = [] }: ChainParts) {
  const agent = createAgent({
    model,
    tools: [...tools],
    // A wrong answer is not argued with: it fails the run.
    responseFormat: toolStrategy(assessmentSchema, { handleError: false }),
    middleware: [
      modelCallLimitMiddleware({ runLimit: MAX_MODEL_CALLS, exitBehavior: 'error' }),
      toolCallLimitMiddleware({ runLimit: MAX_TOOL_CALLS, exitBehavior: 'error' }),
      modelCallTimeLimit,
    ],
  });
  return agent.withConfig({ callbacks });
}

/** A model call that takes longer fails the run, even when the provider keeps the connection open. */
const modelCallTimeLimit = createMiddleware({
  name: 'ModelCallTimeLimit',
  wrapModelCall: async (request, handler) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`a model call took more than ${MODEL_CALL_MS} ms`)), MODEL_CALL_MS);
    });
    try {
      return await Promise.race([handler(request), late]);
    } finally {
      clearTimeout(timer);
    }
  },
});

/** One proposal through the agent. */
export async function assessWithAgent(
  agent: ReturnType<typeof buildAgent>,
  question: { readonly instructions: string; readonly facts: Readonly<Record<string, unknown>> },
  signal: AbortSignal,
): Promise<Assessment> {
  const { structuredResponse } = await agent.invoke({ messages: promptFor(question.instructions, question.facts) }, { signal, recursionLimit: 25 });
  return assessmentSchema.parse(structuredResponse);
}
