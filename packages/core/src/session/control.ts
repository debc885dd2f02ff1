import type { Ack, SessionMetadata } from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';
import { requireAuth } from '../auth.js';
import type { AckOptions, CallOptions } from '../call-options.js';
import { MacpTransportError } from '../errors.js';
import type { Connection, UnarySettings } from '../rpc/connection.js';
import { checkAck } from '../rpc/send.js';

export async function getSession(connection: Connection, sessionId: string, options: CallOptions): Promise<{ metadata: SessionMetadata }> {
  requireAuth(options.auth ?? connection.auth);
  const { metadata } = await connection.unary(runtimeService.GetSession, { sessionId }, options, settings('GetSession', sessionId, true));
  if (metadata === undefined)
    throw new MacpTransportError('TRANSPORT', `GetSession of ${sessionId}: the runtime answered without metadata`, { context: { sessionId } });
  return { metadata };
}

/** Repeating a cancel is harmless: an ended session answers with its state. Suspend and resume are sent once. */
export async function control(
  connection: Connection,
  name: 'CancelSession' | 'SuspendSession' | 'ResumeSession',
  sessionId: string,
  reason: string,
  options: AckOptions,
): Promise<Ack> {
  requireAuth(options.auth ?? connection.auth);
  const { ack } = await connection.unary(runtimeService[name], { sessionId, reason }, options, settings(name, sessionId, name === 'CancelSession'));
  if (ack === undefined) throw new MacpTransportError('TRANSPORT', `${name} of ${sessionId}: the runtime answered without an Ack`, { context: { sessionId } });
  return checkAck(ack, name, options);
}

/** All sessions, or one page of them. */
export async function listSessionsPage(
  connection: Connection,
  page: { readonly pageSize: number; readonly pageToken: string },
  options: CallOptions,
): Promise<{ sessions: SessionMetadata[]; nextPageToken: string }> {
  requireAuth(options.auth ?? connection.auth);
  return connection.unary(runtimeService.ListSessions, { ...page }, options, { what: 'ListSessions', repeatable: true });
}

function settings(name: string, sessionId: string, repeatable: boolean): UnarySettings {
  return { what: `${name} of ${sessionId}`, repeatable, context: { sessionId } };
}
