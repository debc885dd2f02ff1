import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Logger } from '../logger.js';
import { silentLogger } from '../logger.js';
import { encodeFrame } from './frame.js';
import { FileLog } from './file-log.js';
import { encodeRecord } from './record-codec.js';
import { commitmentRecord, envelopeRecord, OTHER, SESSION, sessionLogContract, START_MS, startRecord } from './session-log.contract.js';
import type { StoredSession } from './session-log.js';

let dir: string;
let lines: string[];
const logger: Logger = { ...silentLogger, warn: (message) => lines.push(message), error: (message) => lines.push(message) };

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'macp-log-'));
  lines = [];
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function open(options: { segmentBytes?: number; compactBytes?: number } = {}): Promise<FileLog> {
  const log = await FileLog.open(dir, { logger, ...options });
  await log.recover();
  return log;
}

/** What a later process finds. */
async function reopen(): Promise<{ log: FileLog; sessions: Map<string, StoredSession> }> {
  const log = await FileLog.open(dir, { logger });
  return { log, sessions: new Map((await log.recover()).map((stored) => [stored.sessionId, stored])) };
}

const segmentOf = (number = 1): string => join(dir, `${String(number).padStart(8, '0')}.seg`);
const frameSize = (record: Parameters<typeof encodeRecord>[0], sequence: number): number => encodeFrame(SESSION, sequence, encodeRecord(record)).length;

sessionLogContract('file log', open);

it('finds everything again after a restart, and goes on in the same segment', async () => {
  const first = await open();
  const records = [startRecord(), envelopeRecord(), { kind: 'cancel', by: 'agent://lead', reason: 'enough', atUnixMs: START_MS + 3 } as const];
  for (const record of records) await first.append(SESSION, record);
  await first.close();
  const { log, sessions } = await reopen();
  expect(sessions.get(SESSION)).toEqual({ sessionId: SESSION, finished: { startedAtUnixMs: START_MS } });
  expect(log.read(SESSION)).toEqual(records);
  await log.append(OTHER, startRecord(OTHER));
  await log.close();
  expect((await reopen()).sessions.size).toBe(2);
  expect(lines).toEqual([]);
});

it('cuts a torn tail of any length off with a warning that names the session, and keeps what was acknowledged', async () => {
  const kept = frameSize(startRecord(), 0);
  const whole = kept + frameSize(envelopeRecord(), 1);
  for (const cut of [1, 9, 40, 120, whole - kept - 60]) {
    const log = await open();
    await log.append(SESSION, startRecord());
    await log.append(SESSION, envelopeRecord());
    await log.close();
    await truncate(segmentOf(), whole - cut);
    const again = await reopen();
    expect(again.sessions.get(SESSION)).toMatchObject({ records: [{ kind: 'start' }] });
    expect(lines.pop()).toContain(`session ${SESSION}: an append was cut off`);
    expect((await stat(segmentOf())).size).toBe(kept);
    await again.log.close();
    await rm(segmentOf());
  }
});

it('takes a full-length last record whose end never reached the disk for a torn one', async () => {
  const log = await open();
  await log.append(SESSION, startRecord());
  await log.append(SESSION, envelopeRecord());
  await log.close();
  const bytes = await readFile(segmentOf());
  bytes.fill(0, frameSize(startRecord(), 0) + 80);
  await writeFile(segmentOf(), bytes);
  const again = await reopen();
  expect(again.sessions.get(SESSION)).toMatchObject({ records: [{ kind: 'start' }] });
  await again.log.close();
});

it('stops exactly the session whose record is damaged, wherever the damage is', async () => {
  const log = await open();
  const lengths = [frameSize(startRecord(), 0), frameSize(startRecord(OTHER), 0), frameSize(envelopeRecord(), 1), frameSize(envelopeRecord(OTHER), 1)];
  await log.append(SESSION, startRecord());
  await log.append(OTHER, startRecord(OTHER));
  await log.append(SESSION, envelopeRecord());
  await log.append(OTHER, envelopeRecord(OTHER));
  await log.close();
  const good = await readFile(segmentOf());
  const [a, b, c] = lengths as [number, number, number, number];
  for (let offset = a + b; offset < a + b + c; offset += 1) {
    const bytes = Buffer.from(good);
    bytes[offset] = (bytes[offset] as number) ^ 0xff;
    await writeFile(segmentOf(), bytes);
    const again = await reopen();
    expect(again.sessions.get(OTHER)).toMatchObject({ records: [{ kind: 'start' }, { kind: 'envelope' }] });
    const hit = again.sessions.get(SESSION);
    // A flip in the second stamp leaves the record itself whole.
    const whole = { sessionId: SESSION, records: [expect.anything(), expect.anything()] };
    expect([whole, { sessionId: SESSION, damage: expect.stringContaining('damaged') }]).toContainEqual(hit);
    expect(again.log.knows(SESSION)).toBe(true);
    await again.log.close();
  }
});

it('shares segments of a limited size', async () => {
  const log = await open({ segmentBytes: 1000 });
  await log.append(SESSION, startRecord());
  for (let index = 0; index < 10; index += 1) await log.append(SESSION, envelopeRecord());
  await log.close();
  expect((await readdir(dir)).filter((name) => name.endsWith('.seg')).length).toBeGreaterThan(2);
  const { log: next, sessions } = await reopen();
  expect(sessions.get(SESSION)).toMatchObject({ records: { length: 11 } });
  await next.close();
});

it('deletes finished sessions from disk and leaves the others whole', async () => {
  const log = await open({ segmentBytes: 1500 });
  await log.append(SESSION, startRecord());
  await log.append(OTHER, startRecord(OTHER));
  for (let index = 0; index < 5; index += 1) await Promise.all([log.append(SESSION, envelopeRecord()), log.append(OTHER, envelopeRecord(OTHER))]);
  await log.append(SESSION, commitmentRecord());
  expect(await log.deleteBefore(START_MS)).toBe(0);
  expect(await log.deleteBefore(START_MS + 1)).toBe(1);
  expect(log.knows(SESSION)).toBe(false);
  await log.append(OTHER, envelopeRecord(OTHER));
  await log.close();
  const { log: next, sessions } = await reopen();
  expect([...sessions.keys()]).toEqual([OTHER]);
  expect(sessions.get(OTHER)).toMatchObject({ records: { length: 7 } });
  expect(lines).toEqual([]);
  await next.close();
});

it('keeps an evicted id from being used again', async () => {
  const log = await open();
  await log.append(SESSION, startRecord());
  await log.append(SESSION, commitmentRecord());
  log.evict(SESSION);
  expect(log.knows(SESSION)).toBe(true);
  await log.close();
});

it('is for one runtime at a time, and takes over from one that was killed', async () => {
  const log = await open();
  await expect(FileLog.open(dir, { logger })).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringContaining('is in use') });
  await log.close();
  await writeFile(join(dir, 'lock'), JSON.stringify({ pid: 4_000_000, began: '1' }));
  await (await FileLog.open(dir, { logger })).close();
  await writeFile(join(dir, 'lock'), '');
  await (await FileLog.open(dir, { logger })).close();
});

it('refuses a folder of the reference runtime and of a later format', async () => {
  await writeFile(join(dir, 'storage_version.json'), '{"version": 3}');
  await expect(FileLog.open(dir, { logger })).rejects.toMatchObject({ message: expect.stringContaining('belongs to the reference runtime') });
  await rm(join(dir, 'storage_version.json'));
  await writeFile(join(dir, 'macp-log.json'), '{"format":"macp-agent-session-log","version":2}');
  await expect(FileLog.open(dir, { logger })).rejects.toMatchObject({ message: expect.stringContaining('another format') });
  expect(await readdir(dir)).not.toContain('lock');
});

/** Two finished sessions and an open one, in small segments. */
async function withPast(): Promise<FileLog> {
  const log = await open({ segmentBytes: 1500, compactBytes: 1 });
  await log.append(OPEN, startRecord(OPEN));
  for (const id of [SESSION, OTHER]) {
    await log.append(id, startRecord(id));
    for (let index = 0; index < 20; index += 1) await log.append(id, envelopeRecord(id));
    await log.append(id, commitmentRecord(id));
  }
  await log.append(OPEN, envelopeRecord(OPEN));
  return log;
}

const OPEN = '0f7d6d0a-5a3c-4c55-8f52-0a4f0a6f8e21';
const PAST = { initiator: 'agent://lead', state: 'RESOLVED', records: 22, startedAtUnixMs: START_MS };

async function diskBytes(): Promise<number> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.seg'));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(dir, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

it('compacts evicted sessions to what says that they were there, and keeps the others whole', async () => {
  const log = await withPast();
  expect(await log.compact()).toBe(0);
  log.evict(SESSION);
  log.evict(OTHER);
  log.evict(OPEN);
  const before = await diskBytes();
  expect(await log.compact()).toBe(2);
  expect(await diskBytes()).toBeLessThan(before / 4);
  expect(await log.compact()).toBe(0);
  await log.append(OPEN, envelopeRecord(OPEN));
  await log.close();

  const { log: next, sessions } = await reopen();
  expect([...sessions.keys()]).toEqual([OPEN]);
  expect(sessions.get(OPEN)).toMatchObject({ records: { length: 3 } });
  expect(next.past(SESSION)).toMatchObject(PAST);
  expect([next.knows(SESSION), next.knows(OTHER), next.past(OPEN)]).toEqual([true, true, undefined]);
  expect(await next.deleteBefore(START_MS + 1)).toBe(2);
  expect(next.knows(SESSION)).toBe(false);
  await next.close();
  const { log: last, sessions: left } = await reopen();
  expect([[...left.keys()], last.knows(SESSION)]).toEqual([[OPEN], false]);
  await last.close();
  expect(lines).toEqual([]);
});

it('leaves history alone while most of the log is of sessions that go on', async () => {
  const log = await withPast();
  log.evict(SESSION);
  for (let index = 0; index < 20; index += 1) await log.append(OPEN, envelopeRecord(OPEN));
  expect(await log.compact()).toBe(0);
  await log.close();
});

it.each([0, 1, 2, 3])('stands a crash in the middle of a compaction (segment %i not rewritten yet)', async (left) => {
  const log = await withPast();
  const names = (await readdir(dir)).filter((name) => name.endsWith('.seg')).toSorted();
  const name = names[left % names.length] as string;
  const old = await readFile(join(dir, name));
  log.evict(SESSION);
  log.evict(OTHER);
  await log.compact();
  await log.close();
  await writeFile(join(dir, name), old);

  const { log: next, sessions } = await reopen();
  expect(sessions.get(OPEN)).toMatchObject({ records: { length: 2 } });
  expect(next.past(SESSION)).toMatchObject(PAST);
  expect(lines).toEqual([]);
  await next.close();
});
