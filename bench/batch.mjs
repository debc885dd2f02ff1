// Decisions of a batch: `macp run <scenario> --cases` with the fraud pack's rules agents, kept alive, and the runtime in its process.
// Beside it raw grpc-js sending the same ten envelopes with nobody deciding anything, and `macp run` once for each decision.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { median, rate, startHelper, table, target } from './measure.mjs';
import { envelopeOf, rawClient } from './raw-client.mjs';

const SCENARIO = 'fraud/high-value-new-device@1.0.0';
const CASES = 2_000;
const ONE_BY_ONE = 6;
const ROUNDS = 3;
const macp = fileURLToPath(new URL('../packages/cli/bin/macp.js', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'macp-bench-'));

/** Processor time of the children that have ended, theirs included, in microseconds; undefined where the system does not tell. */
async function childrenMicros() {
  const stat = await readFile('/proc/self/stat', 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  // In ticks of 10 ms.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10_000;
}

/** Runs one command line; its lines of JSON. */
async function run(args) {
  const child = spawn(process.execPath, [macp, 'run', SCENARIO, '--json', ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  const closed = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const lines = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(JSON.parse(line));
  const code = await closed;
  if (code !== 0 && code !== 3) throw new Error(`macp run ${args.join(' ')} ended with ${code}`);
  return lines;
}

async function measured(decisions, work) {
  const before = await childrenMicros();
  const startedMs = performance.now();
  const perSecond = await work();
  const cpuMicros = before === undefined ? Number.NaN : ((await childrenMicros()) - before) / decisions;
  return { perSecond: perSecond ?? (decisions * 1000) / (performance.now() - startedMs), cpuMicros };
}

const cases = join(folder, 'cases.jsonl');
const lineOf = (index) => JSON.stringify({ name: `case ${index}`, inputs: { transactionAmount: 100 + index * 3, deviceTrustScore: (index % 90) / 100 } });
await writeFile(cases, Array.from({ length: CASES }, (_none, index) => `${lineOf(index)}\n`).join(''));

async function batch() {
  const result = await measured(CASES, async () => {
    const summary = (await run(['--cases', cases])).at(-1);
    if (summary.cases !== CASES || summary.passed !== CASES) throw new Error(`${summary.passed} of ${summary.cases} cases were decided`);
    return summary.perSecond;
  });
  await rm(join(folder, 'runs'), { recursive: true });
  return result;
}

const oneByOne = () =>
  measured(ONE_BY_ONE, async () => {
    const lane = async () => {
      for (let index = 0; index < ONE_BY_ONE / 2; index += 1) await run([]);
    };
    await Promise.all([lane(), lane()]);
  });

const server = await startHelper('./runtime-server.mjs');
const names = ['raw-risk', 'raw-fraud', 'raw-growth', 'raw-compliance'];
const raw = Object.fromEntries(names.map((id) => [id, rawClient(server.first, id)]));
const versions = { modeVersion: '1.0.0', configurationVersion: 'config.default', policyVersion: 'policy.default' };

async function tenEnvelopes() {
  const sessionId = randomUUID();
  const send = (sender, messageType, payload) => raw[sender].send({ ...envelopeOf(sessionId, messageType, payload), sender });
  await send('raw-risk', 'SessionStart', { intent: 'measure', participants: names, ttlMs: 60_000, ...versions });
  await send('raw-risk', 'Proposal', { proposalId: 'p1', option: 'approve', rationale: '' });
  for (const sender of names.slice(1)) await send(sender, 'Evaluation', { proposalId: 'p1', recommendation: 'APPROVE', confidence: 0.9, reason: 'fine' });
  for (const sender of names.toReversed()) await send(sender, 'Vote', { proposalId: 'p1', vote: 'APPROVE', reason: 'fine' });
  const outcome = { commitmentId: randomUUID(), action: 'approve', authorityScope: 'bench', reason: 'fine', outcomePositive: true };
  await send('raw-risk', 'Commitment', { ...outcome, ...versions });
}

async function envelopes() {
  const before = await server.cpuMicros();
  const { perSecond, cpuMicros } = await rate(CASES, 64, tenEnvelopes);
  return { perSecond, cpuMicros: cpuMicros + ((await server.cpuMicros()) - before) / CASES };
}

const KEPT = `macp run --cases, ${CASES} cases`;
const results = { 'raw grpc-js, the same 10 envelopes': [], [KEPT]: [], 'macp run, once for each decision': [] };
try {
  for (let round = 0; round < ROUNDS; round += 1) {
    results['raw grpc-js, the same 10 envelopes'].push(await envelopes());
    results[KEPT].push(await batch());
    results['macp run, once for each decision'].push(await oneByOne());
  }
} finally {
  for (const client of Object.values(raw)) client.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
}
for (const one of Object.values(results).flat()) one.perMinute = one.perSecond * 60;
table(`decisions of four agents on ${availableParallelism()} cores, the start of every process included`, results, { perMinute: '/min', cpuMicros: 'µs CPU' });
target('decisions with agents kept alive', median(results[KEPT].map(({ perSecond }) => perSecond)), { least: 100 }, '/s');
// A machine that does something else besides slows the rate down, not so much the work: two cores have 20 ms for each of 100 decisions.
const cpuMs = median(results[KEPT].map(({ cpuMicros }) => cpuMicros)) / 1000;
if (!Number.isNaN(cpuMs)) target('processor time of a decision, all processes', cpuMs, { most: 20 }, 'ms');
