import { startRuntime, type Runtime } from '@macp-agent/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CuttingProxy, seededRandom } from './cutting-proxy.test.support.js';
import { playRound } from './stream-cuts.test.support.js';

describe('two agents whose connections are cut at random points', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await startRuntime();
  });
  afterAll(() => runtime.close());

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('lose nothing, see nothing twice and keep the order (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const proxy = await CuttingProxy.start(() => runtime.port, random);
    try {
      const result = await playRound(proxy, random);
      expect(result.problems).toEqual([]);
      expect(result.cuts).toBeGreaterThan(0);
    } finally {
      await proxy.close();
    }
  });
});
