import { expect, it } from 'vitest';
import { RecentMap } from './recent-map.js';

it('keeps at least its limit of the latest entries and at most twice as many, in order', () => {
  const map = new RecentMap<number>(10);
  for (let index = 0; index < 1_000; index += 1) {
    map.add(String(index), index);
    const values = map.values();
    expect(values.length).toBeLessThanOrEqual(20);
    const first = Math.max(0, index - 9);
    expect(values.slice(-(index - first + 1))).toEqual(Array.from({ length: index - first + 1 }, (_none, offset) => first + offset));
  }
  expect([map.has('999'), map.has('990'), map.has('900')]).toEqual([true, true, false]);
});

it('leaves an entry that is added again in its place', () => {
  const map = new RecentMap<string>(2);
  for (const key of ['a', 'b', 'c', 'a', 'c']) map.add(key, key);
  expect(map.values()).toEqual(['a', 'b', 'c']);
});
