import type { ModeDefinition } from '../definition.js';
import { EvaluationPayload, ObjectionPayload, ProposalPayload, VotePayload } from './messages.js';
import { decisionMode } from './mode.js';
import { decisionPolicy } from './policy.js';

export const definition: ModeDefinition = {
  mode: decisionMode,
  rfc: 7,
  payloads: {
    Proposal: ProposalPayload,
    Evaluation: EvaluationPayload,
    Objection: ObjectionPayload,
    Vote: VotePayload,
  },
  policy: decisionPolicy,
};
