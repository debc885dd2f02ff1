import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Starts a helper process of this folder and resolves with what it prints first; it ends with our standard input. */
export async function startHelper(file, ...args) {
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const first = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
    child.stdout.setEncoding('utf8').once('data', (text) => resolve(text.trim()));
  });
  return { first, close: () => child.stdin.end() };
}

/** Runs `work(index)` count times with a fixed number in flight; rate per second and CPU microseconds per call of this process. */
export async function rate(count, inFlight, work) {
  const cpu = process.cpuUsage();
  const started = process.hrtime.bigint();
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const used = process.cpuUsage(cpu);
  return { perSecond: count / seconds, cpuMicros: (used.user + used.system) / count };
}

/** Runs all cases in turn, round after round, so that a drift of the machine meets each of them; medians per case. */
export async function interleave(cases, rounds) {
  const results = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, run] of Object.entries(cases)) {
      const result = await run();
      if (round > 0) results[name].push(result); // round 0 warms up
    }
  }
  return Object.fromEntries(Object.entries(results).map(([name, all]) => [name, { perSecond: median(all.map((one) => one.perSecond)), cpuMicros: median(all.map((one) => one.cpuMicros)) }]));
}

export function table(title, results, baseline) {
  console.log(`\n${title}`);
  const base = results[baseline];
  for (const [name, { perSecond, cpuMicros }] of Object.entries(results)) {
    const ratio = `${(perSecond / base.perSecond).toFixed(2)} × rate  ${(cpuMicros / base.cpuMicros).toFixed(2)} × CPU`;
    console.log(`  ${name.padEnd(34)} ${perSecond.toFixed(0).padStart(8)} /s  ${cpuMicros.toFixed(0).padStart(6)} µs CPU   ${ratio}`);
  }
}
