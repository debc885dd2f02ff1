import { MODE_MULTI_ROUND, type Ack, type MultiRoundState } from '@macp-agent/protocol';
import type { MacpClient } from '../client.js';
import { validateRequiredField } from '../validate.js';
import { Projection } from './projection.js';
import { Session, type SessionOptions, type VerbOptions, type WithSender } from './session.js';

/** What `contribute` takes. */
export interface ContributionInput {
  readonly value: string;
}

/** Questions about a multi-round session, answered from its view. */
export class MultiRoundProjection extends Projection {
  /** State of the mode; undefined until the SessionStart is known. */
  get state(): MultiRoundState | undefined {
    return this.stateOf<MultiRoundState>(MODE_MULTI_ROUND);
  }

  /** The latest value of each participant. */
  get values(): ReadonlyMap<string, string> {
    return this.state?.values ?? new Map();
  }

  /** Whether all values are equal, so that the session may be committed. */
  get converged(): boolean {
    return this.state?.converged ?? false;
  }
}

/** A session of the multi-round mode: participants contribute values until all are equal; an extension without an RFC. */
export class MultiRoundSession extends Session<MultiRoundProjection> {
  /** The message type that each verb sends. */
  static readonly verbs = { contribute: 'Contribute' } as const;

  constructor(client: MacpClient, options: SessionOptions = {}) {
    super(client, MODE_MULTI_ROUND, options, (source) => new MultiRoundProjection(source));
  }

  /** Gives the value of this participant; a later one replaces it. */
  contribute(input: WithSender<ContributionInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('Contribute', input, options, () => ({ value: validateRequiredField(input.value, 'value') }));
  }
}
