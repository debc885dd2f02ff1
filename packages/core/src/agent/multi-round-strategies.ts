import { MODE_MULTI_ROUND, type MultiRoundState } from '@macp-agent/protocol';
import type { Participant } from './participant.js';
import type { ParticipantContext } from './participant-context.js';
import { answerOrAbstain, requireState } from './strategy-state.js';

/** What `contributeValues` takes. */
export interface ContributeValuesOptions {
  /**
   * Called after each change, with the latest value of every participant; undefined, or the own value again, waits for the others.
   * An error with code MODEL_FAILED leaves the round to them.
   */
  readonly contribute: (values: ReadonlyMap<string, string>, ctx: ParticipantContext) => string | undefined | Promise<string | undefined>;
  /** How often this agent changes its value at most. Default 20. */
  readonly maxChanges?: number;
}

/** Contributes values, round by round, until all are equal (modes.md §8). */
export function contributeValues({ contribute, maxChanges = 20 }: ContributeValuesOptions): (participant: Participant) => void {
  return (participant) => {
    let changes = 0;
    participant.onChange(async (ctx) => {
      const { values, converged } = requireState<MultiRoundState>(ctx, MODE_MULTI_ROUND, 'contributeValues');
      if (converged || ctx.view.state !== 'OPEN' || changes >= maxChanges) return;
      const value = await answerOrAbstain(ctx, () => contribute(values, ctx));
      if (value === undefined || value === values.get(participant.participantId)) return;
      changes += 1;
      await ctx.actions.contribute({ value });
    });
  };
}
