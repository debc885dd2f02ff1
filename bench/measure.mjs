import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Starts a helper process of this folder and resolves with what it prints first; it ends with its standard input. */
export async function startHelper(file, ...args) {
  const child = spawn(process.execPath, ['--expose-gc', fileURLToPath(new URL(file, import.meta.url)), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${file} ended before it answered`);
    return value;
  };
  /** One question at a time. */
  const ask = async (what) => {
    child.stdin.write(`${what}\n`);
    return nextLine();
  };
  return {
    first: await nextLine(),
    ask,
    cpuMicros: async () => Number(await ask('cpu')),
    /** Heap and buffers after a collection. */
    bytes: async () => Number(await ask('bytes')),
    close: () => {
      child.stdin.end();
      return exited;
    },
  };
}

/** In a helper process: answers what `startHelper` asks, until whoever started it closes the input or is gone. `answer` knows more than the two usual ones. */
export async function serveHelper(first, answer) {
  console.log(first);
  for await (const what of createInterface({ input: process.stdin })) {
    if (what !== 'bytes' && what !== 'cpu') {
      console.log(await answer(what));
      continue;
    }
    if (what === 'bytes') for (let pass = 0; pass < 3; pass += 1) gc();
    const { heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    console.log(what === 'bytes' ? heapUsed + external : user + system);
  }
}

/** Runs `work(index)` count times with a fixed number in flight; rate per second and CPU microseconds per call of this process. */
export async function rate(count, inFlight, work) {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const used = process.cpuUsage(cpu);
  return { perSecond: (count * 1000) / (performance.now() - startedMs), cpuMicros: (used.user + used.system) / count };
}

/** The same, with the CPU of a server process too. */
export async function rateWith(server, count, inFlight, work) {
  const before = await server.cpuMicros();
  const result = await rate(count, inFlight, work);
  return { ...result, serverMicros: ((await server.cpuMicros()) - before) / count };
}

/** Runs all cases in turn, round after round in short slices, so that a drift of the machine meets each of them. */
export async function interleave(cases, rounds) {
  const names = Object.keys(cases);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -2; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const result = await cases[name]();
      if (round >= 0) results[name].push(result); // the first two warm up
    }
  }
  return results;
}

/** Median over the rounds of one figure, beside that of the baseline in the same round. */
export const ratio = (results, name, baseline, figure) => median(results[name].map((one, round) => one[figure] / results[baseline][round][figure]));

/** Prints medians and ratios to the baseline, which stands first. */
export function table(title, results, figures) {
  console.log(`\n${title}`);
  const [baseline] = Object.keys(results);
  for (const [name, all] of Object.entries(results)) {
    const columns = Object.entries(figures).map(([figure, unit]) => {
      const value = median(all.map((one) => one[figure])).toFixed(0);
      return `${value.padStart(8)} ${unit} (${ratio(results, name, baseline, figure).toFixed(2)} ×)`;
    });
    console.log(`  ${name.padEnd(36)}${columns.join('  ')}`);
  }
}

export const RATE_AND_CPU = { perSecond: '/s', cpuMicros: 'µs CPU' };
export const RATE_AND_SERVER_CPU = { perSecond: '/s', serverMicros: 'µs server CPU' };

/** Says a target and whether it holds; `limit` is `{ least }` or `{ most }`. */
export function target(what, value, { least, most }, unit = '×') {
  const holds = least === undefined ? value <= most : value >= least;
  console.log(`  ${holds ? '✓' : '✗'} ${what}: ${value.toFixed(2)} ${unit}, target ${least === undefined ? `≤ ${most}` : `≥ ${least}`} ${unit}`);
}
