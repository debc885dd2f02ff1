import type { CallbackHandlerMethods } from '@langchain/core/callbacks/base';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { AIMessage } from '@langchain/core/messages';
import type { StructuredToolInterface } from '@langchain/core/tools';
import { END, MemorySaver, MessagesValue, START, StateGraph, StateSchema, type BaseCheckpointSaver } from '@langchain/langgraph';
import { ToolNode } from '@langchain/langgraph/prebuilt';
import { z } from 'zod';
import { ASSESSMENT, assessmentSchema, promptFor, type Assessment } from './model.js';

const State = new StateSchema({
  messages: MessagesValue,
  /** How often the model was asked for signals; a model that never stops calling tools ends here. */
  rounds: z.number().default(0),
  assessment: assessmentSchema.optional(),
  verdict: z.enum(['clear', 'needs_review', 'blocked']).optional(),
});

/** Rounds of tool calls before the graph goes on with what it has. */
const MAX_ROUNDS = 4;

export interface GraphParts {
  readonly model: BaseChatModel;
  readonly tools: readonly StructuredToolInterface[];
  /** Where the state of a session is kept, by thread id. Default: in memory; give a file or Postgres saver to keep it. */
  readonly checkpointer?: BaseCheckpointSaver;
  /** Told about every model call, for example countTokens of model.ts. */
  readonly callbacks?: CallbackHandlerMethods[];
}

/**
 * START → gather ⇄ tools → assess → decide → END: gather asks the model which signals it wants, tools reads them, assess asks for
 * a structured assessment, decide files it.
 */
export function buildGraph({ model, tools, checkpointer = new MemorySaver(), callbacks = [] }: GraphParts) {
  if (model.bindTools === undefined) throw new Error(`The model ${model._llmType()} cannot call tools; choose another in MACP_MODEL.`);
  const gatherer = model.bindTools([...tools]);
  const assessor = model.withStructuredOutput(assessmentSchema, { name: ASSESSMENT, method: 'functionCalling' });
  return new StateGraph(State)
    .addNode('gather', async ({ messages, rounds }, config) => ({ messages: [await gatherer.invoke(messages, config)], rounds: rounds + 1 }))
    .addNode('tools', new ToolNode([...tools]))
    .addNode('assess', async ({ messages }, config) => ({ assessment: await assessor.invoke(messages, config) }))
    .addNode('decide', ({ assessment }) => ({ verdict: verdictOf(assessment) }))
    .addEdge(START, 'gather')
    .addConditionalEdges('gather', ({ messages, rounds }) => (wantsTools(messages.at(-1)) && rounds <= MAX_ROUNDS ? 'tools' : 'assess'), ['tools', 'assess'])
    .addEdge('tools', 'gather')
    .addEdge('assess', 'decide')
    .addEdge('decide', END)
    .compile({ checkpointer, name: 'assess-proposal' })
    .withConfig({ callbacks });
}

const wantsTools = (message: unknown): boolean => ((message as AIMessage | undefined)?.tool_calls?.length ?? 0) > 0;

function verdictOf(assessment: Assessment | undefined): 'clear' | 'needs_review' | 'blocked' {
  if (assessment?.recommendation === 'APPROVE') return 'clear';
  return assessment?.recommendation === 'REVIEW' || assessment === undefined ? 'needs_review' : 'blocked';
}

/** One proposal through the graph. `threadId` is the session id: a checkpointer then finds the session's state again. */
export async function assessWithGraph(
  graph: ReturnType<typeof buildGraph>,
  question: { readonly threadId: string; readonly instructions: string; readonly facts: Readonly<Record<string, unknown>> },
  signal: AbortSignal,
): Promise<Assessment> {
  const { assessment } = await graph.invoke(
    { messages: promptFor(question.instructions, question.facts) },
    { configurable: { thread_id: question.threadId }, signal },
  );
  if (assessment === undefined) throw new Error(`The graph ended without an assessment for session ${question.threadId}; look at the nodes in graph.ts.`);
  return assessment;
}
