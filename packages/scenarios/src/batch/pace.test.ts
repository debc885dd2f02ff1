import { describe, expect, it } from 'vitest';
import { Pace } from './pace.js';

function setUp(): { pace: Pace; pass: (ms: number) => void; startAll: () => number } {
  let now = 1_000_000;
  const pace = new Pace(() => now);
  const startAll = (): number => {
    let started = 0;
    while (pace.waitMs === 0 && started < 1_000) {
      pace.started();
      started += 1;
    }
    return started;
  };
  return { pace, pass: (ms) => void (now += ms), startAll };
}

describe('the pace of a batch', () => {
  it('is not limited before the runtime refuses', () => {
    const { startAll } = setUp();
    expect(startAll()).toBe(1_000);
  });

  it('keeps a sliding minute to what the runtime took, with a margin', () => {
    const { pace, pass, startAll } = setUp();
    for (let index = 0; index < 61; index += 1) pace.started();
    pace.refused();
    expect(pace.perMinute).toBe(57);
    pass(30_000);
    expect(pace.waitMs).toBe(30_000);
    pass(30_000);
    expect(startAll()).toBe(57);
    expect(pace.waitMs).toBe(60_000);
  });

  it('learns once from refusals that come together', () => {
    const { pace } = setUp();
    for (let index = 0; index < 100; index += 1) pace.started();
    for (let index = 0; index < 10; index += 1) pace.refused();
    expect(pace.perMinute).toBe(94);
  });

  it('tries a few more after a minute without refusal', () => {
    const { pace, pass } = setUp();
    for (let index = 0; index < 11; index += 1) pace.started();
    pace.refused();
    expect(pace.perMinute).toBe(9);
    pass(60_001);
    expect(pace.waitMs).toBe(0);
    expect(pace.perMinute).toBe(10);
  });

  it('never stands still', () => {
    const { pace, pass } = setUp();
    pace.started();
    pace.refused();
    expect(pace.perMinute).toBe(1);
    pass(1_000);
    expect(pace.waitMs).toBe(0);
  });
});
