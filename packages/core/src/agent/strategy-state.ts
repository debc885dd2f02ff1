import { isMacpError, MacpError } from '@macp-agent/protocol';
import type { ParticipantContext } from './participant-context.js';

/** The state of a mode; INVALID_OPTIONS when one of its strategies is used in another mode. */
export function requireState<State>(ctx: ParticipantContext, mode: string, strategy: string): State {
  if (ctx.session.mode === mode) return ctx.view.modeState as State;
  throw new MacpError('INVALID_OPTIONS', `${strategy} needs the mode ${mode}; session ${ctx.session.sessionId} has ${ctx.session.mode}`);
}

/** The answer of a model; undefined, and reported, when it gave none that can be used. */
export async function answerOrAbstain<Answer>(ctx: ParticipantContext, ask: () => Answer | Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!isMacpError(error) || error.code !== 'MODEL_FAILED') throw error;
    ctx.participant.report({ type: 'abstained', reason: error.message });
    return undefined;
  }
}
