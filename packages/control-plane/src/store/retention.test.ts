import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@macp-agent/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newRun } from '../model/new-run.js';
import { openFileRunStore } from './file-run-store.js';
import { outlived, removeOutlived } from './retention.js';
import type { RunStore } from './run-store.js';

const DAY = 86_400_000;
const now = Date.parse('2026-11-25T10:00:00Z');
const iso = (daysAgo: number): string => new Date(now - daysAgo * DAY).toISOString();
const NO_LIMIT = { maxAgeMs: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };

describe('retention of records', () => {
  let dataDir: string;
  let store: RunStore;
  const open = (): ReturnType<typeof openFileRunStore> => openFileRunStore({ dataDir, logger: silentLogger, nowUnixMs: () => now });
  const sized = (): { run: ReturnType<RunStore['list']>[number]; bytes: number }[] => store.list().map((run) => ({ run, bytes: 1_000 }));

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'macp-keep-'));
    store = await open();
    for (const [index, daysAgo] of [40, 20, 1].entries()) {
      await store.create(newRun(`ended${index}`.padEnd(22, '0'), iso(daysAgo), { status: 'completed', endedAt: iso(daysAgo) }), []);
    }
    await store.create(newRun('live'.padEnd(22, '0'), iso(400), { status: 'running' }), []);
  });
  afterEach(async () => {
    await store.close();
    await rm(dataDir, { recursive: true });
  });

  it('removes what ended too long ago, and never what goes on', () => {
    expect(outlived(sized(), { ...NO_LIMIT, maxAgeMs: 30 * DAY }, now)).toEqual(['ended0'.padEnd(22, '0')]);
    expect(outlived(sized(), { ...NO_LIMIT, maxAgeMs: 0 }, now)).not.toContain('live'.padEnd(22, '0'));
    expect(outlived(sized(), NO_LIMIT, now)).toEqual([]);
  });

  it('removes what ended first until the rest fits', () => {
    expect(outlived(sized(), { ...NO_LIMIT, maxBytes: 2_500 }, now)).toEqual(['ended0'.padEnd(22, '0'), 'ended1'.padEnd(22, '0')]);
    expect(outlived(sized(), { ...NO_LIMIT, maxBytes: 0 }, now)).toHaveLength(3);
  });

  it('takes files away, knows their size over a restart, and remembers what is gone', async () => {
    await store.close();
    store = await open();
    const bytes = store.list().reduce((sum, run) => sum + store.bytes(run.id), 0);
    expect(bytes).toBeGreaterThan(4 * 300);
    const removed = await removeOutlived(store, { ...NO_LIMIT, maxBytes: bytes - 1 }, now);
    expect(removed).toEqual(['ended0'.padEnd(22, '0')]);
    expect(await readdir(join(dataDir, 'runs'))).toHaveLength(3);
    await store.close();
    store = await open();
    expect(store.get(removed[0] ?? '')).toBeUndefined();
    expect(store.wasRemoved(removed[0] ?? '')).toBe(true);
  });
});
