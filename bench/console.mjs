// The observer and its console. 100 sessions at once, served by four kept-alive agents (a process each, at the pace of a fast model) over
// one runtime; the control plane records them all and streams each live; chromium shows one and listens to four more. Beside it, on the same
// envelopes: the least that raw grpc-js can do as an observer, which stores and serves nothing.
// Then 1 000 readers of one live stream.
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { median, startHelper, target } from './measure.mjs';
import { envelopeOf, openSession, rawClient } from './raw-client.mjs';
import { readEvents } from './read-events.mjs';

const SESSIONS = 100;
const ROUNDS = 3;
const THINK_MS = 800;
const EVALUATIONS = 8;
/** SessionStart, Proposal, the evaluations and votes of three, Commitment. */
const ENVELOPES = 3 + 3 * (EVALUATIONS + 1);
const LISTENED = 4;
const READERS = 1_000;

const runtime = await startHelper('./console-runtime.mjs');
const plane = await startHelper('./console-server.mjs', runtime.first);
const raw = await startHelper('./console-observer.mjs', runtime.first);
const names = ['risk-agent', 'fraud-agent', 'growth-agent', 'compliance-agent'];
const agents = await Promise.all(names.map((name) => startHelper('./console-agent.mjs', runtime.first, name, String(THINK_MS), String(EVALUATIONS))));
const url = plane.first;
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const browser = await chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: ['--no-sandbox'] });

/** In the page: when each envelope of a stream came, and when each row of the shown run was there to be painted. */
const WATCH_PAGE = `(ids) => {
  window.heard = [];
  window.drawn = {};
  for (const id of ids) {
    const source = new EventSource('runs/' + id + '/stream?includeSnapshot=false&afterSeq=0');
    source.addEventListener('canonical_event', ({ data }) => {
      const event = JSON.parse(data);
      if (event.type === 'message.received') window.heard.push([event.data.messageType, Date.now() - event.data.timestampUnixMs]);
    });
    source.addEventListener('end', () => source.close());
  }
  new MutationObserver(() => {
    const fresh = [...document.querySelectorAll('.envelope')].map((row) => row.id).filter((id) => !(id in window.drawn));
    for (const id of fresh) window.drawn[id] = Date.now();
  }).observe(document.querySelector('.rows'), { childList: true, subtree: true });
}`;

async function listed(ids) {
  for (;;) {
    const { data } = await (await fetch(new URL(`runs?limit=${SESSIONS}`, url))).json();
    if (ids.every((id) => data.some((run) => run.id === id))) return;
  }
}

const quantile = (values, part) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;
/** What was sent before anybody could listen says nothing. */
const live = (samples) => samples.filter(([type]) => type !== 'SessionStart').map(([, ms]) => ms);
const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
const measured = { raw: [], http: [], heard: [], drawn: [], behindMs: [], perSecond: [], planeMicros: [], rawMicros: [], planeLoad: [] };

async function round(counts) {
  const ids = Array.from({ length: SESSIONS }, () => randomUUID());
  await agents[0].ask(`open ${ids.join(',')}`);
  await listed(ids);
  await raw.ask('take');
  const http = [];
  const readers = ids.map((id) =>
    readEvents(new URL(`runs/${id}/stream?includeSnapshot=false&afterSeq=0`, url), (event) => {
      if (event.type === 'message.received') http.push([event.data.messageType, Date.now() - event.data.timestampUnixMs]);
    }),
  );
  await page.goto('about:blank');
  await page.goto(new URL(`#/runs/${ids[0]}`, url).href);
  await page.getByText('● live').waitFor();
  await page.evaluate(`(${WATCH_PAGE})(${JSON.stringify(ids.slice(1, 1 + LISTENED))})`);
  const cpu = { plane: await plane.cpuMicros(), raw: await raw.cpuMicros(), atMs: performance.now() };
  await agents[0].ask(`decide ${ids.join(',')}`);
  const acceptedMs = performance.now();
  const ends = await Promise.all(readers);
  const behindMs = performance.now() - acceptedMs;
  await page.getByText('record complete').first().waitFor();
  const seconds = (acceptedMs - cpu.atMs) / 1000;
  const sent = SESSIONS * (ENVELOPES - 1);
  if (http.length !== SESSIONS * ENVELOPES || ends.some((end) => end.status !== 'completed'))
    throw new Error(`${http.length} of ${SESSIONS * ENVELOPES} envelopes were served; ends: ${[...new Set(ends.map((end) => end.status))].join(', ')}`);
  const planeMicros = (await plane.cpuMicros()) - cpu.plane;
  const rawMicros = (await raw.cpuMicros()) - cpu.raw;
  const rawDelays = JSON.parse(await raw.ask('take'));
  const { heard, drawn } = await page.evaluate('({ heard: window.heard, drawn: window.drawn })');
  if (!counts) return;
  const events = await (await fetch(new URL(`runs/${ids[0]}/events?limit=5000`, url))).json();
  const rows = events.filter((event) => event.type === 'message.received' && `row-${event.seq}` in drawn);
  measured.raw.push(...rawDelays);
  measured.http.push(...live(http));
  measured.heard.push(...live(heard));
  measured.drawn.push(...live(rows.map((event) => [event.data.messageType, drawn[`row-${event.seq}`] - event.data.timestampUnixMs])));
  measured.behindMs.push(behindMs);
  measured.perSecond.push(sent / seconds);
  measured.planeMicros.push(planeMicros / sent);
  measured.rawMicros.push(rawMicros / sent);
  measured.planeLoad.push(planeMicros / 1e6 / seconds);
}
await round(false); // warms up
for (let count = 0; count < ROUNDS; count += 1) await round(true);

console.log(
  `\n${SESSIONS} sessions at once, four agent processes, ${median(measured.perSecond).toFixed(0)} envelopes/s: from the sender's clock, before it is sent, to …`,
);
for (const [name, what] of Object.entries({
  raw: 'raw grpc-js, nothing stored or served',
  http: 'an HTTP reader of each stream',
  heard: 'EventSource in chromium',
  drawn: 'the row in the page of the console',
})) {
  const values = measured[name];
  const columns = [0.5, 0.95, 0.99].map((part) => `${quantile(values, part).toFixed(0).padStart(6)} ms p${part * 100}`);
  console.log(`  ${what.padEnd(40)}${columns.join('')}   (${values.length} envelopes)`);
}
console.log(
  `  CPU per envelope: raw observer ${median(measured.rawMicros).toFixed(0)} µs, control plane ${median(measured.planeMicros).toFixed(0)} µs` +
    `, which is ${(median(measured.planeLoad) * 100).toFixed(0)} % of a core`,
);
target('envelope to browser, median', quantile(measured.heard, 0.5), { most: 100 }, 'ms');
target('envelope to the drawn row, median', quantile(measured.drawn, 0.5), { most: 200 }, 'ms');
target('behind after the last envelope, worst round', Math.max(...measured.behindMs), { most: 1_000 }, 'ms');

await page.close();
await browser.close();
for (const agent of agents) await agent.close();

// 1 000 readers of one run: what each costs the server at rest, and how long until the last of them has an envelope.
const client = rawClient(runtime.first);
const sessionId = await openSession(client);
await listed([sessionId]);
const bytesBefore = await plane.bytes();
const left = new AbortController();
setMaxListeners(READERS, left.signal);
let got = 0;
let onAll = () => undefined;
const reading = Array.from({ length: READERS }, () =>
  readEvents(
    new URL(`runs/${sessionId}/stream?includeSnapshot=false`, url),
    ({ type }) => {
      if (type === 'message.received' && (got += 1) % READERS === 0) onAll();
    },
    left.signal,
  ),
);
const open = async () => Number(/active_sse_connections (\d+)/.exec(await (await fetch(new URL('metrics', url))).text())[1]);
while ((await open()) < READERS);
const restBytes = (await plane.bytes()) - bytesBefore;
const delays = [];
for (let count = 0; count < 30; count += 1) {
  const startedMs = performance.now();
  const all = new Promise((resolve) => (onAll = resolve));
  await client.send(envelopeOf(sessionId, 'Evaluation', { proposalId: 'p1', recommendation: 'APPROVE', confidence: 0.9, reason: 'within the limits' }));
  await all;
  delays.push(performance.now() - startedMs);
}
const usedBytes = (await plane.bytes()) - bytesBefore;
console.log(`\n${READERS} live readers of one run: ${median(delays).toFixed(0)} ms until the last of them has an envelope`);
target('memory of a live reader at rest', restBytes / READERS / 1024, { most: 64 }, 'KB');
target('memory of a live reader after 30 envelopes', usedBytes / READERS / 1024, { most: 64 }, 'KB');
left.abort();
await Promise.all(reading);
client.close();
await raw.close();
await plane.close();
await runtime.close();
