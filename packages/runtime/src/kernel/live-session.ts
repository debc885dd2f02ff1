import type { SessionView } from '@macp-agent/protocol';
import type { LogRecord } from '../log/session-log.js';

/** How often a sender was heard in a session, its SessionStart not counted (wire.md §5). */
export interface Activity {
  messageCount: number;
  lastMessageAtUnixMs: number;
}

/** A finished session of an earlier process, whose history nobody has asked for since. */
export interface DormantSession {
  readonly id: string;
  readonly serial: number;
  readonly startedAtUnixMs: number;
}

/** A session in memory: two views, because what is judged runs ahead of what the disk has. */
export class LiveSession {
  readonly id: string;
  /** Order of appearance, for paging. */
  readonly serial: number;
  /** After the last record handed to the log: new messages are judged by it. */
  view: SessionView;
  /** After the last record that is stored: readers see this. Undefined until the start is stored. */
  stored: SessionView | undefined;
  /** Ids of accepted messages, also of those whose append is under way. */
  readonly messageIds = new Set<string>();
  /** Appends under way by message id; true when the record was stored. */
  readonly unsettled = new Map<string, Promise<boolean>>();
  readonly activity = new Map<string, Activity>();
  /** Counts failed appends: all records after a failed one fail with it, and roll back once. */
  epoch = 0;

  constructor(id: string, serial: number, view: SessionView) {
    this.id = id;
    this.serial = serial;
    this.view = view;
  }

  /** Takes over what is stored. */
  restore(view: SessionView, records: readonly LogRecord[]): void {
    this.stored = view;
    for (const record of records) {
      if (record.kind !== 'start' && record.kind !== 'envelope') continue;
      this.messageIds.add(record.envelope.messageId);
      if (record.kind === 'envelope') this.countMessage(record.envelope.sender, record.atUnixMs);
    }
  }

  countMessage(sender: string, atUnixMs: number): void {
    const known = this.activity.get(sender);
    if (known === undefined) {
      this.activity.set(sender, { messageCount: 1, lastMessageAtUnixMs: atUnixMs });
      return;
    }
    known.messageCount += 1;
    known.lastMessageAtUnixMs = atUnixMs;
  }
}
