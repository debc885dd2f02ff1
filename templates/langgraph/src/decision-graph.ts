import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { END, interrupt, MemorySaver, START, StateGraph, StateSchema, type BaseCheckpointSaver } from '@langchain/langgraph';
import type { DecisionAnswer, ParticipantContext, VoteResult } from '@macp-agent/core';
import { z } from 'zod';
import { runGraph } from './run-graph.js';

/** What was heard when the votes were in, as plain data. */
export type Tally = Pick<VoteResult, 'votes' | 'evaluations' | 'objections' | 'policyHints'>;
export type Outcome = DecisionAnswer | { readonly cancel: string };
type Inputs = Readonly<Record<string, unknown>>;

/** What a person says to a decision: commit it as it is, decline instead, or end the session without a commitment. */
export const answerSchema = z.object({
  answer: z.enum(['confirm', 'decline', 'cancel']),
  by: z.string().max(200).optional(),
  reason: z.string().max(500).optional(),
});
export type ReviewAnswer = z.infer<typeof answerSchema>;

const State = new StateSchema({
  /** The proposal that the rest is about. */
  subject: z.string().default(''),
  tally: z.custom<Tally>(),
  inputs: z.custom<Inputs>(),
  decision: z.custom<Outcome>().nullish(),
  answer: answerSchema.nullish(),
  outcome: z.custom<Outcome>().nullish(),
});

export interface DecisionGraphParts {
  /** From the votes to a decision; pure. */
  readonly decide: (tally: Tally, inputs: Inputs) => Outcome;
  /** Whether a person has to look at the decision first. Default: never. */
  readonly needsReview?: (decision: Outcome, inputs: Inputs) => boolean;
  /** Where the state of a session is kept, by thread id. Default: in memory; loadCheckpointer of run-graph.ts gives others. */
  readonly checkpointer?: BaseCheckpointSaver;
}

/** START → collect → decide → review? → commit → END. Committing itself is not the graph's: it gives the outcome to commitAfterVotes. */
export function buildDecisionGraph({ decide, needsReview = () => false, checkpointer = new MemorySaver() }: DecisionGraphParts) {
  return new StateGraph(State)
    .addNode('collect', ({ tally }): { tally: Tally } => ({
      tally: { ...tally, votes: tally.votes.toSorted((one, other) => (one.sender < other.sender ? -1 : 1)) },
    }))
    .addNode('decide', ({ tally, inputs }) => ({ decision: decide(tally, inputs) }))
    .addNode('review', ({ subject, decision, tally }) => ({ answer: answerSchema.parse(interrupt({ subject, decision, votes: tally.votes })) }))
    .addNode('commit', ({ decision, answer }) => ({ outcome: reviewed(decision, answer) }))
    .addEdge(START, 'collect')
    .addEdge('collect', 'decide')
    .addConditionalEdges('decide', ({ decision, inputs }) => (decision && !('cancel' in decision) && needsReview(decision, inputs) ? 'review' : 'commit'), [
      'review',
      'commit',
    ])
    .addEdge('review', 'commit')
    .addEdge('commit', END)
    .compile({ checkpointer, name: 'decide-proposal' });
}

function reviewed(decision: Outcome | null | undefined, answer: ReviewAnswer | null | undefined): Outcome | null | undefined {
  if (!decision || !answer || 'cancel' in decision) return decision;
  const note = `${answer.by ?? 'a person'}${answer.reason === undefined ? '' : `: ${answer.reason}`}`;
  if (answer.answer === 'cancel') return { cancel: `cancelled by ${note}` };
  if (answer.answer === 'confirm') return { ...decision, reason: `${decision.reason}; confirmed by ${note}` };
  const reason = `declined by ${note} (${decision.reason})`;
  // The initiator votes for the person: a negative outcome needs a vote against, even when all others were for it.
  return { ...decision, action: 'decline', outcomePositive: false, reason, vote: { vote: 'REJECT', reason } };
}

/** Gives the answer to a question of the graph. Aborting the signal ends the wait. */
export type AskPerson = (question: unknown, ctx: ParticipantContext) => Promise<ReviewAnswer>;

export interface DecisionRun {
  readonly ask: AskPerson;
  readonly onNode?: (node: string) => void;
}

/**
 * The decision for commitAfterVotes. While the graph waits for a person the session is suspended, which only its initiator may do,
 * so that neither its lifetime nor the patience of the others runs out.
 */
export async function decideWithGraph(
  graph: ReturnType<typeof buildDecisionGraph>,
  { proposal, votes, evaluations, objections, policyHints }: VoteResult,
  ctx: ParticipantContext,
  { ask, onNode }: DecisionRun,
): Promise<Outcome> {
  const input = { tally: { votes, evaluations, objections, policyHints }, inputs: ctx.inputs, decision: null, answer: null, outcome: null };
  const { sessionId } = ctx.session;
  let suspended = false;
  const answer = async (question: unknown): Promise<ReviewAnswer> => {
    await ctx.actions.suspend('a person has to look at the decision');
    suspended = true;
    return ask(question, ctx);
  };
  const { outcome } = await runGraph(graph, { sessionId, subject: proposal.proposalId, input, signal: ctx.signal, onNode, answer });
  if (suspended) await ctx.actions.resume('a person has answered');
  if (outcome === undefined || outcome === null)
    throw new Error(`The graph ended without an outcome for session ${sessionId}; look at the nodes in decision-graph.ts.`);
  return outcome as Outcome;
}

/** For an initiator that was started again while a person was being asked: asks again, and lets the session go on with the answer. */
export async function continueReview(graph: ReturnType<typeof buildDecisionGraph>, ctx: ParticipantContext, { ask, onNode }: DecisionRun): Promise<void> {
  const { sessionId } = ctx.session;
  const { metadata } = await ctx.participant.session.metadata({ signal: ctx.signal });
  const { values } = await graph.getState({ configurable: { thread_id: sessionId } });
  const { subject } = values as { subject?: string };
  if (metadata.state !== 'SESSION_STATE_SUSPENDED' || subject === undefined) return;
  await runGraph(graph, { sessionId, subject, input: {}, signal: ctx.signal, onNode, answer: (question) => ask(question, ctx) });
  await ctx.actions.resume('a person has answered');
}

/** How people are asked, from the environment of an agent process. */
export interface Review {
  readonly needsReview: (decision: Outcome, inputs: Inputs) => boolean;
  readonly ask: AskPerson;
}

const POLL_MS = 200;

/**
 * MACP_HUMAN_REVIEW: `1` asks about every decision, a larger number about amounts over it; unset: never. MACP_REVIEW_ANSWER: the
 * answer itself (`confirm`, `decline`, `cancel`) or the file that will hold it, as a word or as JSON `{ "answer", "by", "reason" }`.
 * Unset: the terminal if there is one, else the file `review-<session id>.json`. Ends the process with status 2 on other values.
 */
export function loadReview(env: Readonly<Record<string, string | undefined>> = process.env): Review {
  const wanted = env['MACP_HUMAN_REVIEW'] ?? '';
  const limit = Number(wanted);
  if (wanted !== '' && !(limit >= 0)) {
    process.stderr.write(`MACP_HUMAN_REVIEW=${wanted} is neither 1 nor an amount; unset it to ask nobody\n`);
    return process.exit(2);
  }
  const { data: given } = answerSchema.shape.answer.safeParse(env['MACP_REVIEW_ANSWER']);
  const file = given === undefined ? (env['MACP_REVIEW_ANSWER'] ?? '') : '';
  return {
    needsReview: (_decision, { transactionAmount }) =>
      wanted !== '' && limit !== 0 && (limit === 1 || (typeof transactionAmount === 'number' && transactionAmount > limit)),
    async ask(question, ctx) {
      if (given !== undefined) return { answer: given };
      if (file === '' && process.stdin.isTTY) return askTerminal(question, ctx.signal);
      const path = resolve(file === '' ? `review-${ctx.session.sessionId}.json` : file);
      process.stdout.write(`waiting for confirm, decline or cancel in ${path}: ${JSON.stringify(question)}\n`);
      return waitForFile(path, ctx);
    },
  };
}

async function askTerminal(question: unknown, signal: AbortSignal): Promise<ReviewAnswer> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    for (;;) {
      const { data } = answerSchema.shape.answer.safeParse(await terminal.question(`${JSON.stringify(question)}\nconfirm, decline or cancel? `, { signal }));
      if (data !== undefined) return { answer: data };
    }
  } finally {
    terminal.close();
  }
}

/** Looks until the file holds an answer; a file that is not there yet, or half written, is looked at again. */
async function waitForFile(path: string, ctx: ParticipantContext): Promise<ReviewAnswer> {
  for (;;) {
    const { success, data } = answerSchema.safeParse(await readAnswer(path));
    if (success) return data;
    await ctx.delay(POLL_MS);
  }
}

async function readAnswer(path: string): Promise<unknown> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    return text.startsWith('{') ? JSON.parse(text) : { answer: text };
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
