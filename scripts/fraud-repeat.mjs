// `npx pnpm fraud:repeat 20`: every case of examples/fraud/cases.jsonl, N times, each as the command a user types.
// Resumable: what has passed is noted in runs/fraud-repeat-N.txt; `--fresh` begins again.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, root } from './build.mjs';

const USAGE = `Usage: npx pnpm fraud:repeat [times] [--fresh]

Runs every case of examples/fraud/cases.jsonl that many times (default 20), each
as the command a user types, and compares how it ends. An interrupted series
goes on where it stopped.

  --fresh     begin again
  -h, --help  this text

Exit codes: 0 all as expected, 1 not all, 2 usage, 130 interrupted`;

const words = process.argv.slice(2);
if (words.includes('--help') || words.includes('-h')) {
  console.log(USAGE);
  process.exit(0);
}
const counts = words.filter((word) => word !== '--fresh' && word !== '--');
const times = Number(counts[0] ?? 20);
if (counts.length > 1 || !/^[1-9]\d{0,5}$/.test(counts[0] ?? '20')) {
  const wrong = counts.length > 1 ? `one word too many: ${counts.slice(1).join(' ')}` : `${counts[0]} is not a whole number from 1 to 999999`;
  console.error(`fraud:repeat: ${wrong}, for example npx pnpm fraud:repeat 20\n\n${USAGE}`);
  process.exit(2);
}
const notes = join(root, 'runs', `fraud-repeat-${times}.txt`);
const cases = readFileSync(join(root, 'examples/fraud/cases.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

try {
  await build();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
mkdirSync(join(root, 'runs'), { recursive: true });
if (process.argv.includes('--fresh')) rmSync(notes, { force: true });
const passed = new Set(existsSync(notes) ? readFileSync(notes, 'utf8').split('\n').filter(Boolean) : []);
if (passed.size > 0) console.log(`${passed.size} of ${times * cases.length} runs passed before; going on`);

const work = mkdtempSync(join(tmpdir(), 'macp-fraud-repeat-'));
let failures = 0;
// The run that goes on gets a Ctrl-C as well, and ends.
const interrupt = new AbortController();
process.on('SIGINT', () => interrupt.abort());
try {
  for (let round = 1; round <= times && !interrupt.signal.aborted; round += 1) {
    for (const one of cases) {
      const key = `${round} ${one.name}`;
      if (passed.has(key)) continue;
      const problem = await runCase(one);
      if (interrupt.signal.aborted) break;
      if (problem === undefined) appendFileSync(notes, `${key}\n`);
      else failures += 1;
      console.log(`${String(round).padStart(3)}  ${problem === undefined ? 'ok    ' : 'FAILED'}  ${one.name}${problem === undefined ? '' : `: ${problem}`}`);
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
if (interrupt.signal.aborted) console.log('interrupted; the same command goes on from here');
else console.log(`${times * cases.length - failures} of ${times * cases.length} runs ended as expected`);
process.exitCode = interrupt.signal.aborted ? 130 : failures === 0 ? 0 : 1;

/** What differs from the expectation; undefined when nothing does. */
async function runCase({ template, inputs, expect }) {
  const file = join(work, 'inputs.json');
  writeFileSync(file, JSON.stringify(inputs));
  const args = ['packages/cli/bin/macp.js', 'run', 'fraud/high-value-new-device@1.0.0', '--template', template, '--inputs', file, '--json'];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { RISK_DECIDER_SUSPEND_HOLD_MS: '200', ...process.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== expect.exitCode) return `exit ${code}, expected ${expect.exitCode}\n${stderr}`;
  const outcome = JSON.parse(stdout.trim().split('\n').at(-1));
  for (const key of ['state', 'action', 'outcomePositive']) {
    const found = key === 'state' ? outcome.state : outcome.commitment?.[key];
    if (expect[key] !== undefined && found !== expect[key]) return `${key} is ${found}, expected ${expect[key]}`;
  }
  return undefined;
}
