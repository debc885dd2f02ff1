import type { CallbackHandlerMethods } from '@langchain/core/callbacks/base';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { StructuredToolInterface } from '@langchain/core/tools';
import type { ParticipantContext, VoteAnswer, VoteQuestion } from '@macp-agent/core';
import {
  createAgent,
  createMiddleware,
  modelCallLimitMiddleware,
  modelRetryMiddleware,
  toolCallLimitMiddleware,
  toolRetryMiddleware,
  type AgentMiddleware,
} from 'langchain';
import { voteFor } from './decide.js';
import { isPassing, promptFor, type Assessment } from './model.js';
import { sessionTools, type Moves } from './session-tools.js';

export interface ChainParts {
  readonly model: BaseChatModel;
  /** What the agent can look up. */
  readonly tools: readonly StructuredToolInterface[];
  /** Told about every model call, for example countTokens of model.ts. */
  readonly callbacks?: CallbackHandlerMethods[];
}

export interface Question {
  readonly instructions: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Model calls and tool calls for one turn; over the limit the turn fails and the agent abstains. */
const MAX_MODEL_CALLS = 6;
const MAX_TOOL_CALLS = 12;
/** Time for one model call and one tool call, in milliseconds. */
const MODEL_CALL_MS = 10_000;
const TOOL_CALL_MS = 5_000;
/** What fails in passing is tried once more. */
const RETRY = { maxRetries: 1, initialDelayMs: 200, retryOn: isPassing, onFailure: 'error' } as const;

/** Limits, retries and time-outs of every agent here, outermost first: each attempt has the whole time of a call. */
export const limits = (): AgentMiddleware[] => [
  modelCallLimitMiddleware({ runLimit: MAX_MODEL_CALLS, exitBehavior: 'error' }),
  toolCallLimitMiddleware({ runLimit: MAX_TOOL_CALLS, exitBehavior: 'error' }),
  modelRetryMiddleware(RETRY),
  toolRetryMiddleware(RETRY),
  createMiddleware({
    name: 'TimeLimits',
    wrapModelCall: (request, handler) => within(MODEL_CALL_MS, 'a model call', async () => handler(request)),
    wrapToolCall: (request, handler) => within(TOOL_CALL_MS, `the tool ${request.toolCall.name}`, async () => handler(request)),
  }),
];

/** Fails when the work takes longer, even when the other side keeps the connection open. */
async function within<T>(limitMs: number, what: string, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** One turn of a LangChain agent. It ends when the model has made its move, which then is in the moves; it sends nothing. */
async function takeTurn(turn: 'evaluate' | 'vote', { model, tools, callbacks = [] }: ChainParts, question: Question, signal: AbortSignal): Promise<Moves> {
  const moves: Moves = {};
  const endOfTurn = createMiddleware({
    name: 'EndOfTurn',
    beforeModel: { canJumpTo: ['end'], hook: () => (moves.evaluation === undefined && moves.vote === undefined ? undefined : { jumpTo: 'end' }) },
  });
  // Built for each turn: its tools know this proposal and no other.
  const agent = createAgent({ model, tools: [...tools, ...sessionTools(turn, moves)], middleware: [endOfTurn, ...limits()] });
  await agent.invoke({ messages: promptFor(question.instructions, question.facts, turn) }, { signal, callbacks, recursionLimit: 50 });
  return moves;
}

/** What the model thinks of a proposal. Fails when it ends without an evaluation. */
export async function assessWithAgent(parts: ChainParts, question: Question, signal: AbortSignal): Promise<Assessment> {
  const { evaluation, objection } = await takeTurn('evaluate', parts, question, signal);
  if (evaluation === undefined) throw new Error('the model ended without an evaluation');
  return { ...evaluation, ...(objection !== undefined && { objection }) };
}

/** How the model votes once the others have been heard. Fails when it ends without a vote. */
export async function voteWithAgent(parts: Pick<ChainParts, 'model' | 'callbacks'>, question: Question, signal: AbortSignal): Promise<VoteAnswer> {
  const { vote } = await takeTurn('vote', { ...parts, tools: [] }, question, signal);
  if (vote === undefined) throw new Error('the model ended without a vote');
  return vote;
}

/** Time for a vote, in milliseconds: the initiator's wait for votes has begun before the assessment. */
const VOTE_MS = 5_000;

/** voteWithAgent for voteAfterPeers: an agent that could not assess abstains, and one whose model fails now votes as it assessed. */
export async function voteOrFollow(
  parts: Pick<ChainParts, 'model' | 'callbacks'>,
  instructions: string,
  { proposal, own, evaluations, objections }: VoteQuestion,
  { signal, log }: ParticipantContext,
): Promise<VoteAnswer> {
  if (own === undefined || own.confidence === 0) return voteFor(own);
  const { option, rationale } = proposal;
  const { recommendation, confidence, reason } = own;
  const facts = { proposal: { option, rationale }, own: { recommendation, confidence, reason }, evaluations, objections };
  try {
    return await voteWithAgent(parts, { instructions, facts }, AbortSignal.any([signal, AbortSignal.timeout(VOTE_MS)]));
  } catch (error) {
    if (signal.aborted) throw error;
    log(`no vote by the model, the assessment stands: ${error instanceof Error ? error.name : 'unknown error'}`);
    return voteFor(own);
  }
}
