import type { CallbackHandlerMethods } from '@langchain/core/callbacks/base';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { RemoveMessage, type AIMessage } from '@langchain/core/messages';
import type { StructuredToolInterface } from '@langchain/core/tools';
import { END, MemorySaver, MessagesValue, REMOVE_ALL_MESSAGES, START, StateGraph, StateSchema, type BaseCheckpointSaver } from '@langchain/langgraph';
import { ToolNode } from '@langchain/langgraph/prebuilt';
import { z } from 'zod';
import { ASSESSMENT, assessmentSchema, isPassing, promptFor, type Assessment } from './model.js';
import { runGraph } from './run-graph.js';

const State = new StateSchema({
  /** The proposal that the rest is about. */
  subject: z.string().default(''),
  messages: MessagesValue,
  /** How often the model was asked for signals; a model that never stops calling tools ends here. */
  rounds: z.number().default(0),
  assessment: assessmentSchema.nullish(),
  verdict: z.enum(['clear', 'needs_review', 'blocked']).nullish(),
});

/** A model call that fails in passing is made once more. */
const MODEL_RETRY = { maxAttempts: 2, initialInterval: 200, retryOn: isPassing, logWarning: false };
/** Rounds of tool calls before the graph goes on with what it has. */
const MAX_ROUNDS = 4;

export interface GraphParts {
  readonly model: BaseChatModel;
  readonly tools: readonly StructuredToolInterface[];
  /** Where the state of a session is kept, by thread id. Default: in memory; loadCheckpointer of run-graph.ts gives others. */
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
    .addNode('gather', async ({ messages, rounds }, config) => ({ messages: [await gatherer.invoke(messages, config)], rounds: rounds + 1 }), {
      retryPolicy: MODEL_RETRY,
    })
    .addNode('tools', new ToolNode([...tools]))
    .addNode('assess', async ({ messages }, config) => ({ assessment: await assessor.invoke(messages, config) }), { retryPolicy: MODEL_RETRY })
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

function verdictOf(assessment: Assessment | null | undefined): 'clear' | 'needs_review' | 'blocked' {
  if (assessment?.recommendation === 'APPROVE') return 'clear';
  return assessment?.recommendation === 'REVIEW' || !assessment ? 'needs_review' : 'blocked';
}

/** A proposal to assess, and whom to tell about the nodes that have ended. */
export interface GraphQuestion {
  readonly sessionId: string;
  readonly proposalId: string;
  readonly instructions: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly onNode?: (node: string) => void;
}

/** One proposal through the graph; one that was interrupted goes on from its checkpoint, one that was finished gives its assessment again. */
export async function assessWithGraph(
  graph: ReturnType<typeof buildGraph>,
  { sessionId, proposalId, instructions, facts, onNode }: GraphQuestion,
  signal: AbortSignal,
): Promise<Assessment> {
  // A thread is a session: a further proposal begins with a clean slate.
  const messages = [new RemoveMessage({ id: REMOVE_ALL_MESSAGES }), ...promptFor(instructions, facts)];
  const input = { messages, rounds: 0, assessment: null, verdict: null };
  const { assessment } = await runGraph(graph, { sessionId, subject: proposalId, input, signal, onNode });
  return assessmentSchema.parse(assessment);
}
