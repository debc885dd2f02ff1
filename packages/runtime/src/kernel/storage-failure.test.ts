import { randomUUID } from 'node:crypto';
import { MODE_DECISION, SessionStartPayload, type Envelope } from '@macp-agent/protocol';
import { beforeEach, expect, it } from 'vitest';
import { toCaller } from '../auth/identity.js';
import { fill, LEAD, PARTICIPANTS, proposal } from '../client.test.support.js';
import { ManualClock } from '../clock.test.support.js';
import { Hub } from '../hub/hub.js';
import { MemoryLog } from '../log/memory-log.js';
import type { LogRecord, SessionLog } from '../log/session-log.js';
import { silentLogger } from '../logger.js';
import { Counters } from '../metrics/counters.js';
import { ModeRegistry } from '../registry/mode-registry.js';
import { PolicyRegistry } from '../registry/policy-registry.js';
import { control } from './control.js';
import { Kernel } from './kernel.js';
import type { LiveSession } from './live-session.js';

/** A log whose disk answers when the test says so; a failure takes all that waits with it, as a real one does. */
class SlowLog implements SessionLog {
  readonly #inner = new MemoryLog();
  #waiting: { sessionId: string; record: LogRecord; resolve: () => void; reject: (error: Error) => void }[] = [];
  full = false;

  append(sessionId: string, record: LogRecord): Promise<void> {
    if (this.full) throw new Error('no room');
    return new Promise((resolve, reject) => this.#waiting.push({ sessionId, record, resolve, reject }));
  }

  store(): void {
    for (const { sessionId, record, resolve } of this.#waiting.splice(0)) {
      this.#inner.append(sessionId, record);
      resolve();
    }
  }

  fail(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('the disk is gone'));
  }

  read = (sessionId: string) => this.#inner.read(sessionId);
  knows = (sessionId: string) => this.#inner.knows(sessionId);
  recover = () => this.#inner.recover();
  evict = (sessionId: string) => this.#inner.evict(sessionId);
  past = () => this.#inner.past();
  compact = () => this.#inner.compact();
  deleteBefore = () => this.#inner.deleteBefore();
  close = () => this.#inner.close();
}

const lead = toCaller({ sender: LEAD });
let log: SlowLog;
let kernel: Kernel;
let id: string;
let seen: string[];

const accept = (envelope: Partial<Envelope>) => Promise.resolve(kernel.accept(fill({ mode: MODE_DECISION, ...envelope }), lead));
const start = (sessionId: string, messageId = 'start'): Partial<Envelope> => ({
  messageType: 'SessionStart',
  sessionId,
  messageId,
  payload: SessionStartPayload.encode({ participants: PARTICIPANTS, modeVersion: '1.0.0', configurationVersion: 'c', ttlMs: 60_000 }),
});

beforeEach(async () => {
  log = new SlowLog();
  const parts = { clock: new ManualClock(), logger: silentLogger, log, hub: new Hub(), counters: new Counters() };
  const registries = { modes: new ModeRegistry(() => undefined), policies: new PolicyRegistry({ readOnly: false, changed: () => undefined }) };
  const rateLimits = { sessionStartsPerMinute: undefined, messagesPerMinute: undefined };
  kernel = new Kernel({ ...parts, ...registries, rateLimits, sweepIntervalMs: 60_000, retentionMs: 60_000, diskRetentionMs: 0 });
  id = randomUUID();
  seen = [];
  parts.hub.subscribe(id, { deliver: (_frame, ordinal) => seen.push(`#${ordinal}`) });
  const started = accept(start(id));
  log.store();
  await started;
});

it('shows nothing of a message before it is stored', async () => {
  const answer = accept(proposal(id, 'p1', 'm1'));
  const session = (await kernel.find(id)) as LiveSession;
  expect([seen, session.stored?.ordinal, kernel.history(id).length]).toEqual([['#1'], 1, 1]);
  log.store();
  expect(await answer).toMatchObject({ accepted: true });
  expect([seen, session.stored?.ordinal, kernel.history(id).length]).toEqual([['#1', '#2'], 2, 2]);
});

it('refuses what could not be stored and all that came after it, and takes the same messages again', async () => {
  const answers = [accept(proposal(id, 'p1', 'm1')), accept(proposal(id, 'p2', 'm2'))];
  log.fail();
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ accepted: false, code: 'INTERNAL_ERROR' });
  const again = [accept(proposal(id, 'p2', 'm2')), accept(proposal(id, 'p1', 'm1'))];
  log.store();
  for (const answer of await Promise.all(again)) expect(answer).toMatchObject({ accepted: true, duplicate: false });
  expect(seen).toEqual(['#1', '#2', '#3']);
});

it('lets a duplicate wait for the first copy, and stand in for it when that fails', async () => {
  const pair = [accept(proposal(id, 'p1', 'm1')), accept(proposal(id, 'p1', 'm1'))];
  log.store();
  expect(await Promise.all(pair)).toMatchObject([{ duplicate: false }, { duplicate: true }]);
  const first = accept(proposal(id, 'p2', 'm2'));
  const second = accept(proposal(id, 'p2', 'm2'));
  log.fail();
  expect(await first).toMatchObject({ accepted: false });
  const settled = second.then((outcome) => outcome);
  await new Promise((resolve) => setImmediate(resolve));
  log.store();
  expect(await settled).toMatchObject({ accepted: true, duplicate: false });
});

it('leaves nothing of a session whose start could not be stored', async () => {
  const other = randomUUID();
  const answer = accept(start(other, 's1'));
  log.fail();
  expect(await answer).toMatchObject({ code: 'INTERNAL_ERROR' });
  log.full = true;
  expect(await accept(start(other, 's1'))).toMatchObject({ code: 'INTERNAL_ERROR' });
  log.full = false;
  const again = accept(start(other, 's1'));
  log.store();
  expect(await again).toMatchObject({ accepted: true, duplicate: false });
});

it('falls back to the stored state when there is no room, and goes on', async () => {
  log.full = true;
  expect(await accept(proposal(id, 'p1', 'm1'))).toMatchObject({ code: 'INTERNAL_ERROR' });
  const session = (await kernel.find(id)) as LiveSession;
  expect(await control(kernel, session, 'suspend', LEAD, 'r')).toMatchObject({ code: 'INTERNAL_ERROR' });
  log.full = false;
  const answer = accept(proposal(id, 'p1', 'm1'));
  log.store();
  expect(await answer).toMatchObject({ accepted: true, duplicate: false, state: 'OPEN' });
});

it('does not report a cancelled session as over before the end is stored', async () => {
  const session = (await kernel.find(id)) as LiveSession;
  const first = Promise.resolve(control(kernel, session, 'cancel', LEAD, 'r'));
  expect(session.stored?.state).toBe('OPEN');
  log.store();
  expect(await first).toMatchObject({ accepted: true, state: 'CANCELLED' });
});
