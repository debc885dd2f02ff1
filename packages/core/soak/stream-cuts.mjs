// Many rounds of two agents whose connections are cut at random points: nothing lost, doubled or reordered.
// Usage: pnpm soak [rounds] [first seed]. Each round prints its seed when it fails; play it again with: pnpm soak 1 <seed>.
import { startRuntime } from '@macp-agent/runtime';
import { CuttingProxy, seededRandom } from '../dist/cutting-proxy.test.support.js';
import { playRound } from '../dist/stream-cuts.test.support.js';

const rounds = Number(process.argv[2] ?? 500);
const firstSeed = Number(process.argv[3] ?? 1);
const runtime = await startRuntime();
let cuts = 0;
let envelopes = 0;
let failed = 0;

for (let round = 0; round < rounds; round += 1) {
  const seed = firstSeed + round;
  const random = seededRandom(seed);
  const proxy = await CuttingProxy.start(() => runtime.port, random);
  try {
    const result = await playRound(proxy, random);
    cuts += result.cuts;
    envelopes += result.envelopes;
    if (result.problems.length > 0) {
      failed += 1;
      console.error(`seed ${seed}: ${result.problems.join('; ')}`);
    }
  } catch (error) {
    failed += 1;
    console.error(`seed ${seed}: ${error}`);
  } finally {
    await proxy.close();
  }
  if ((round + 1) % 50 === 0) console.log(`${round + 1} rounds, ${cuts} cuts, ${envelopes} envelopes, ${failed} failed`);
}

await runtime.close();
console.log(`${rounds} rounds, ${cuts} cuts, ${envelopes} envelopes, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
