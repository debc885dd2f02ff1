import { createAgent, toolStrategy } from 'langchain';
import { z } from 'zod';
import { limits, type ChainParts } from './chain.js';
import { promptFor, type RuleMoves } from './model.js';

const DRAFT = 'draft';
const draftSchema = z.object({ text: z.string().min(1).max(500) }).meta({ title: DRAFT, description: 'The text, in one or two sentences.' });

/** How the rules model drafts: what the code proposes stands. */
export const ruleDrafts: RuleMoves = { [DRAFT]: (_assess, { proposed }) => ({ text: String(proposed) }) };

export interface DraftRequest {
  readonly instructions: string;
  readonly facts: Readonly<Record<string, unknown>>;
  /** The text that the code would use, and that stays when the model fails. */
  readonly proposed: string;
  /** Told why the proposed text stays. */
  readonly log: (message: string) => void;
  /** Default 5 000 milliseconds. */
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 5_000;

/** Words for the record by a LangChain agent: a rationale, a reason. It has no tools, so words are all it can change. Never fails. */
export async function draft(
  { model, callbacks = [] }: Pick<ChainParts, 'model' | 'callbacks'>,
  { instructions, facts, proposed, log, timeoutMs = TIMEOUT_MS, signal }: DraftRequest,
): Promise<string> {
  if (proposed === '') return proposed;
  const agent = createAgent({ model, tools: [], responseFormat: toolStrategy(draftSchema, { handleError: false }), middleware: limits() });
  const stop = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const { structuredResponse } = await agent.invoke({ messages: promptFor(instructions, { ...facts, proposed }, DRAFT) }, { signal: stop, callbacks });
    return draftSchema.parse(structuredResponse).text;
  } catch (error) {
    log(`no draft, the text of the code stays: ${error instanceof Error ? error.name : 'unknown error'}`);
    return proposed;
  }
}
