/** The agent framework under one name, `agent.fromBootstrap(…)`, as the older SDK exports it. */
export { startCancelCallbackServer } from './cancel-callback-server.js';
export {
  commitmentHandler,
  evaluationHandler,
  functionCommitter,
  functionEvaluator,
  functionVoter,
  majorityCommitter,
  majorityVoter,
  votingHandler,
  type CommitmentStrategy,
  type EvaluationStrategy,
  type VotingStrategy,
} from './classic-strategies.js';
export { commitAfterVotes } from './commit-after-votes.js';
export { Dispatcher, type EventHandler, type ParticipantEvent, type PhaseHandler, type TerminalHandler } from './dispatcher.js';
export { evaluateProposals } from './evaluate-proposals.js';
export { fromBootstrap } from './from-bootstrap.js';
export type { InitiatorConfig } from './join-session.js';
export { Participant } from './participant.js';
export type { ParticipantConfig } from './participant-config.js';
export type { ParticipantActions, ParticipantContext } from './participant-context.js';
export type { ParticipantResult } from './participant-result.js';
export { voteAfterPeers } from './vote-after-peers.js';
