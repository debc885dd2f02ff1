import { toWireState, type SessionMetadata, type SessionView } from '@macp-agent/protocol';
import type { LiveSession } from './live-session.js';

/** What a reader may know of a session (wire.md, SessionMetadata): extension keys, never their values. */
export function metadataOf(session: LiveSession, view: SessionView): SessionMetadata {
  const { binding } = view;
  return {
    sessionId: session.id,
    mode: binding.mode,
    state: toWireState(view.state),
    startedAtUnixMs: binding.startedAtUnixMs,
    expiresAtUnixMs: view.deadlineUnixMs,
    modeVersion: binding.modeVersion,
    configurationVersion: binding.configurationVersion,
    policyVersion: binding.policyVersion,
    participants: [...binding.participants],
    participantActivity: Array.from(session.activity, ([participantId, { messageCount, lastMessageAtUnixMs }]) => ({
      participantId,
      messageCount,
      lastMessageAtUnixMs,
    })),
    initiator: binding.initiator,
    contextId: binding.contextId,
    extensionKeys: Object.keys(binding.extensions),
  };
}
