import type { Ack, SessionMetadata } from '@macp-agent/protocol';
import type { Caller } from '../../auth/identity.js';
import { control, isController, type ControlKind } from '../../kernel/control.js';
import { mayRead } from '../../kernel/kernel.js';
import type { LiveSession } from '../../kernel/live-session.js';
import { metadataOf } from '../../kernel/metadata.js';
import { chain, type MaybePromise } from '../../maybe-promise.js';
import { requireCaller, type ServiceContext } from '../context.js';
import { CallRefused } from '../status.js';
import type { UnaryHandler } from '../unary.js';
import { toAck } from './ack.js';

/** GetSession: the initiator, participants and observers (runtime.md §8). */
export function getSession(context: ServiceContext): UnaryHandler<{ sessionId: string }, { metadata: SessionMetadata }> {
  return ({ sessionId }, headers) =>
    chain(requireCaller(context, headers), (caller) =>
      chain(existing(context, sessionId), (session) => {
        if (!mayRead(session, caller)) throw new CallRefused('PERMISSION_DENIED', `FORBIDDEN: ${caller.sender} is not part of the session ${sessionId}`);
        return { metadata: metadataOf(session, session.stored ?? session.view) };
      }),
    );
}

/** CancelSession, SuspendSession and ResumeSession: credential, existence, authority, then the Ack (runtime.md §7.4). */
export function controlSession(context: ServiceContext, kind: ControlKind): UnaryHandler<{ sessionId: string; reason: string }, { ack: Ack }> {
  return ({ sessionId, reason }, headers) =>
    chain(requireCaller(context, headers), (caller) =>
      chain(existing(context, sessionId), (session) => {
        if (!isController(session, caller.sender))
          throw new CallRefused('PERMISSION_DENIED', `FORBIDDEN: ${caller.sender} may not ${kind} the session ${sessionId}`);
        return chain(control(context.kernel, session, kind, caller.sender, reason), (outcome) => ({
          ack: toAck(outcome, sessionId, '', context.clock.nowUnixMs()),
        }));
      }),
    );
}

/** ListSessions: the sessions in memory that the caller may see listed; a page at a time when the request asks for pages. */
export function listSessions(
  context: ServiceContext,
): UnaryHandler<{ pageSize: number; pageToken: string }, { sessions: SessionMetadata[]; nextPageToken: string }> {
  return ({ pageSize, pageToken }, headers) =>
    chain(requireCaller(context, headers), async (caller) => {
      // One more than the page tells whether there is another.
      const limit = pageSize === 0 ? Number.POSITIVE_INFINITY : pageSize + 1;
      const found = await context.kernel.list(serialOf(pageToken), limit, (session) => mayList(context, session, caller));
      const page = pageSize === 0 ? found : found.slice(0, pageSize);
      const last = page.at(-1);
      return {
        sessions: page.map(({ metadata }) => metadata),
        nextPageToken: last !== undefined && page.length < found.length ? String(last.serial) : '',
      };
    });
}

/** Listings show every session to everyone, unless the operator keeps them to those who may read them. */
export function mayList({ sessionVisibility }: ServiceContext, session: LiveSession, caller: Caller): boolean {
  return sessionVisibility === 'all' || mayRead(session, caller);
}

function serialOf(pageToken: string): number {
  if (pageToken === '') return 0;
  if (!/^\d{1,15}$/.test(pageToken)) throw new CallRefused('INVALID_ARGUMENT', 'INVALID_REQUEST: page_token is not one that this runtime gave out');
  return Number(pageToken);
}

function existing({ kernel }: ServiceContext, sessionId: string): MaybePromise<LiveSession> {
  return chain(kernel.find(sessionId), (session) => {
    if (session === undefined) throw new CallRefused('NOT_FOUND', `SESSION_NOT_FOUND: the session ${sessionId} is not known here`);
    return session;
  });
}
