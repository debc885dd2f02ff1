import { MODE_DECISION, MODE_HANDOFF, MODE_MULTI_ROUND, MODE_PROPOSAL, MODE_QUORUM, MODE_TASK } from '@macp-agent/protocol';
import type { MacpClient } from '../client.js';
import { DecisionSession } from '../session/decision-session.js';
import { HandoffSession } from '../session/handoff-session.js';
import { MultiRoundSession } from '../session/multi-round-session.js';
import { ProposalSession } from '../session/proposal-session.js';
import { QuorumSession } from '../session/quorum-session.js';
import { Session, type SessionOptions } from '../session/session.js';
import { TaskSession } from '../session/task-session.js';

type SessionClass = new (client: MacpClient, options: SessionOptions) => Session;

const BY_MODE: Readonly<Record<string, SessionClass>> = {
  [MODE_DECISION]: DecisionSession,
  [MODE_PROPOSAL]: ProposalSession,
  [MODE_TASK]: TaskSession,
  [MODE_HANDOFF]: HandoffSession,
  [MODE_QUORUM]: QuorumSession,
  [MODE_MULTI_ROUND]: MultiRoundSession,
};

/** The session class with the verbs of this mode; the plain one for modes that have no class. */
export function openSessionOfMode(client: MacpClient, mode: string, options: SessionOptions): Session {
  const { sessionId, auth, modeVersion, configurationVersion, policyVersion } = options;
  const own = { sessionId, auth, modeVersion, configurationVersion, policyVersion };
  const known = BY_MODE[mode];
  return known === undefined ? new Session(client, mode, own) : new known(client, own);
}
