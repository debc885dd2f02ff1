import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Harness, upTo } from './harness.test.support.js';
import type { CanonicalEvent } from './model/canonical-event.js';

/** The built package: a process that can be killed has no source condition. */
const BUILT = new URL('../dist/index.js', import.meta.url).href;
const PROGRAM = `
const { startControlPlane } = await import(process.argv[1]);
const plane = await startControlPlane({ runtimeAddress: process.argv[2], dataDir: process.argv[3], runtimeToken: 'token-observer', runtimeAllowInsecure: true, port: 0 });
console.log(plane.url);
`;
const EVALUATIONS = 400;

describe('a control plane that is killed', () => {
  let harness: Harness;
  const children: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await harness.close();
  });

  async function start(): Promise<{ url: string; kill(): Promise<void> }> {
    const args = ['--input-type=module', '-e', PROGRAM, BUILT, harness.runtime.address, join(harness.dir, 'killed')];
    const child = spawn(process.execPath, args, { cwd: fileURLToPath(new URL('.', import.meta.url)), stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const exit = once(child, 'exit');
    const line = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
    if (line.done === true) throw new Error('the control plane ended before it said its address; is the package built?');
    return { url: line.value, kill: () => (child.kill('SIGKILL'), exit.then(() => undefined)) };
  }

  /** Reads on after the last event that was seen, until `enough` of them or the end. */
  async function read(url: string, id: string, seen: CanonicalEvent[], enough: number): Promise<void> {
    const stop = new AbortController();
    const headers = { 'last-event-id': String(seen.at(-1)?.seq ?? 0) };
    const response = await fetch(new URL(`runs/${id}/stream?includeSnapshot=false`, url), { headers, signal: stop.signal });
    let rest = '';
    for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      const frames = (rest + String(chunk)).split('\n\n');
      rest = frames.pop() ?? '';
      for (const frame of frames) {
        const data = /^event: canonical_event\ndata: (.*)$/m.exec(frame)?.[1];
        if (data !== undefined) seen.push(JSON.parse(data) as CanonicalEvent);
      }
      if (seen.length >= enough) break;
    }
    stop.abort();
  }

  /** Until the run is known again. */
  async function known(url: string, id: string): Promise<void> {
    while (!(await fetch(new URL(`runs/${id}`, url))).ok);
  }

  it('loses no run, and a reader that comes back has every event once', async () => {
    harness = await Harness.start();
    await harness.plane.close();
    const { id, lead } = await harness.open(600_000);
    const other = await harness.open(600_000);
    let plane = await start();
    await Promise.all([known(plane.url, id), known(plane.url, other.id)]);
    const voice = harness.session('fraud-agent', id);
    const sending = (async () => {
      for (let count = 0; count < EVALUATIONS; count += 1)
        await voice.evaluate({ proposalId: 'p1', recommendation: 'REVIEW', confidence: 0.5, reason: `look ${count}` });
      await lead.cancel('enough');
    })();
    const seen: CanonicalEvent[] = [];
    for (const enough of [120, 240, 360]) {
      await read(plane.url, id, seen, enough);
      await plane.kill();
      plane = await start();
    }
    await read(plane.url, id, seen, Number.POSITIVE_INFINITY);
    await sending;
    expect(seen.at(-1)?.type).toBe('run.cancelled');
    expect(seen.map((event) => event.seq)).toEqual(upTo(seen.length));
    // SessionStart, Proposal, the evaluations, and the cancel, which the runtime writes into the history.
    expect(seen.filter((event) => event.type === 'message.received').map((event) => event.data['ordinal'])).toEqual(upTo(EVALUATIONS + 3));
    const stored = (await (await fetch(new URL(`runs/${id}/export?format=jsonl`, plane.url))).text()).trim().split('\n').slice(1);
    expect(stored.map((line) => (JSON.parse(line) as { event: CanonicalEvent }).event)).toEqual(seen);
    const { data } = (await (await fetch(new URL('runs', plane.url))).json()) as { data: { id: string; status: string }[] };
    expect(new Map(data.map((run) => [run.id, run.status]))).toEqual(
      new Map([
        [id, 'cancelled'],
        [other.id, 'running'],
      ]),
    );
    await other.lead.cancel();
  }, 60_000);
});
