/** What a run must come to. Only what is given is compared, participant by participant. */
export interface ExpectedOutcome {
  /** RESOLVED, EXPIRED or CANCELLED. */
  readonly state?: string;
  readonly action?: string;
  readonly outcomePositive?: boolean;
  readonly exitCode?: number;
  /** Recommendation by participant. */
  readonly evaluations?: Readonly<Record<string, string>>;
  /** Vote by participant. */
  readonly votes?: Readonly<Record<string, string>>;
  /** How often the session was suspended; each counts with its resume. */
  readonly suspensions?: number;
}

const byParticipant = { type: 'object', additionalProperties: { type: 'string' } };

/** Ours, so an unknown member is a typing error and refused. */
export const expectedOutcomeSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    state: { enum: ['RESOLVED', 'EXPIRED', 'CANCELLED'] },
    action: { type: 'string' },
    outcomePositive: { type: 'boolean' },
    exitCode: { enum: [0, 1, 3, 4, 130] },
    evaluations: byParticipant,
    votes: byParticipant,
    suspensions: { type: 'integer', minimum: 0 },
  },
};
