import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@macp-agent/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventDraft, EventType } from '../model/canonical-event.js';
import { newRun } from '../model/new-run.js';
import { openFileRunStore } from './file-run-store.js';
import type { RunStore } from './run-store.js';

const SESSION = '4b1a9a52-6c0e-4f0e-9c55-0f6a2b7d9e10';
const at = Date.parse('2026-11-25T10:00:00Z');
const draft = (type: EventType): EventDraft => ({ type, subject: { kind: 'run', id: SESSION }, source: { kind: 'runtime', name: '', rawType: '' }, data: {} });

describe('the file store of runs', () => {
  let dataDir: string;
  const stores: RunStore[] = [];
  const open = async (cachedRuns?: number): Promise<RunStore> => {
    const store = await openFileRunStore({ dataDir, logger: silentLogger, nowUnixMs: () => at, cachedRuns });
    stores.push(store);
    return store;
  };

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'macp-store-'));
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await rm(dataDir, { recursive: true });
  });

  it('numbers events from 1 without gaps, however many steps are under way', async () => {
    const store = await open();
    await store.create(newRun(SESSION, new Date(at).toISOString()), [draft('run.created')]);
    await Promise.all(Array.from({ length: 100 }, () => store.append(SESSION, { events: [draft('signal.emitted'), draft('progress.reported')] })));
    expect((await store.events(SESSION)).map((event) => event.seq)).toEqual(Array.from({ length: 201 }, (_, index) => index + 1));
  });

  it('has the same runs and events after a restart', async () => {
    const first = await open();
    await first.create(newRun(SESSION, new Date(at).toISOString(), { idempotencyKey: 'k1' }), [draft('run.created')]);
    await first.append(SESSION, { patch: { status: 'running', lastOrdinal: 3 }, events: [draft('run.started')] });
    await first.close();
    const second = await open();
    expect(second.byIdempotencyKey('k1')).toMatchObject({ id: SESSION, status: 'running', lastOrdinal: 3, lastEventSeq: 2 });
    await second.append(SESSION, { events: [draft('run.suspended')] });
    expect((await second.events(SESSION, 1)).map(({ seq, type }) => [seq, type])).toEqual([
      [2, 'run.started'],
      [3, 'run.suspended'],
    ]);
  });

  it('cuts off a line that a crash left incomplete', async () => {
    const first = await open();
    await first.create(newRun(SESSION, new Date(at).toISOString()), [draft('run.created')]);
    await first.close();
    await appendFile(join(dataDir, 'runs', `${SESSION}.ndjson`), '{"run":{"lastOrdinal":9},"events":[{"seq":2');
    const second = await open();
    await second.append(SESSION, { events: [draft('run.started')] });
    await second.close();
    const third = await open();
    expect((await third.events(SESSION)).map((event) => event.type)).toEqual(['run.created', 'run.started']);
    expect(third.get(SESSION)?.lastOrdinal).toBe(0);
  });

  it('keeps a damaged file aside and goes on with what comes before the damage', async () => {
    const first = await open();
    await first.create(newRun(SESSION, new Date(at).toISOString()), [draft('run.created')]);
    await first.close();
    const path = join(dataDir, 'runs', `${SESSION}.ndjson`);
    await writeFile(path, `${await readFile(path, 'utf8')}not json\n{"run":{},"events":[]}\n`);
    expect((await (await open()).events(SESSION)).length).toBe(1);
    expect(await readdir(join(dataDir, 'runs'))).toContain(`${SESSION}.ndjson.damaged`);
  });

  it('writes files that only their owner reads', async () => {
    const store = await open();
    await store.create(newRun(SESSION, new Date(at).toISOString()), [draft('run.created')]);
    expect((await stat(join(dataDir, 'runs', `${SESSION}.ndjson`))).mode & 0o777).toBe(0o600);
  });

  it('refuses a folder that is in use', async () => {
    await open();
    await expect(open()).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringContaining('is in use by process') as string });
  });

  it('reads the events of ended runs again from their file when it keeps few in memory', async () => {
    const store = await open(1);
    const ids = ['A', 'B', 'C'].map((letter) => letter.repeat(24));
    for (const id of ids) {
      await store.create(newRun(id, new Date(at).toISOString()), [draft('run.created')]);
      await store.append(id, { patch: { status: 'completed' }, events: [draft('run.completed')] });
    }
    for (const id of ids) expect((await store.events(id)).map((event) => event.type)).toEqual(['run.created', 'run.completed']);
  });

  it('tells listeners of a step only when it is stored', async () => {
    const store = await open();
    const lengths: number[] = [];
    store.subscribe((run, events) => void lengths.push(run.lastEventSeq, events.length));
    await store.create(newRun(SESSION, new Date(at).toISOString()), [draft('run.created')]);
    expect(lengths).toEqual([1, 1]);
    await expect(store.create(newRun(SESSION, new Date(at).toISOString()), [])).rejects.toMatchObject({ code: 'SESSION_ALREADY_EXISTS' });
  });
});
