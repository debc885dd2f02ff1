import { tool, type StructuredToolInterface } from '@langchain/core/tools';
import type { VoteAnswer } from '@macp-agent/core';
import { z } from 'zod';
import { voteFor } from './decide.js';
import { assessmentSchema, type Assessment, type RuleMoves } from './model.js';

/** What a model has done about one proposal. The strategies of the agent send it; a model itself sends nothing. */
export interface Moves {
  evaluation?: Omit<Assessment, 'objection'>;
  objection?: NonNullable<Assessment['objection']>;
  vote?: VoteAnswer;
}

const evaluationSchema = z.strictObject(assessmentSchema.omit({ objection: true }).shape);
const objectionSchema = z.strictObject(assessmentSchema.shape.objection.unwrap().unwrap().shape);
const voteSchema = z.strictObject({ vote: z.enum(['APPROVE', 'REJECT', 'ABSTAIN']), reason: z.string().min(1).max(500) });

/**
 * The verbs of the session as tools, for one turn of one agent. What a model must not do cannot be said with them: neither a sender nor a
 * proposal is an argument, other arguments are refused, a move is made once, a vote only in the turn for votes, and nobody commits.
 */
export function sessionTools(turn: 'evaluate' | 'vote', moves: Moves): StructuredToolInterface[] {
  if (turn === 'vote') {
    const vote = once(moves, 'vote');
    return [tool(vote, { name: 'vote', description: 'Your one vote on the proposal; it is final.', schema: voteSchema })];
  }
  return [
    tool(once(moves, 'objection'), {
      name: 'object',
      description: 'Before evaluate, only when the proposal must not pass as it stands.',
      schema: objectionSchema,
    }),
    tool(once(moves, 'evaluation'), {
      name: 'evaluate',
      description: 'Your one evaluation of the proposal; it ends your turn.',
      schema: evaluationSchema,
    }),
  ];
}

const once =
  <Name extends keyof Moves>(moves: Moves, name: Name) =>
  (move: NonNullable<Moves[Name]>): string => {
    if (moves[name] !== undefined) return `refused: your ${name} was taken before and stands`;
    if (name === 'objection' && moves.evaluation !== undefined) return 'refused: an objection comes before the evaluation';
    moves[name] = move;
    return 'taken';
  };

/** How the rules model uses these tools: as decide.ts says. */
export const ruleMoves: RuleMoves = {
  object: (assess) => assess().objection ?? undefined,
  evaluate: (assess) => {
    const { objection: _said, ...evaluation } = assess();
    return evaluation;
  },
  vote: (_assess, { own }) => voteFor(evaluationSchema.safeParse(own).data),
};
