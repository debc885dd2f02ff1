import { describe, expect, it } from 'vitest';
import { readHours, readSeconds } from './option-values.js';

describe('times on the command line', () => {
  it('are no longer than a timer can be', () => {
    expect([readSeconds('0.5'), readSeconds('2147483'), readHours('596')]).toEqual([0.5, 2_147_483, 596]);
    expect(() => readSeconds('2147484')).toThrow('at most 2147483 seconds');
    expect(() => readHours('720')).toThrow('at most 596 hours');
  });

  it.each(['0', '-1', '', 'ten', 'Infinity'])('are a number over 0, so not "%s"', (text) => {
    expect(() => readSeconds(text)).toThrow('give a number over 0');
    expect(() => readHours(text)).toThrow('give a number over 0');
  });
});
