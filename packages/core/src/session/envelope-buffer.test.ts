import { describe, expect, it } from 'vitest';
import { EnvelopeBuffer } from './envelope-buffer.js';

describe('a buffer of envelopes', () => {
  it('tells after a limit that nothing came, and at once when something does', async () => {
    const buffer = new EnvelopeBuffer<string>(4, () => undefined);
    expect(await buffer.readyWithin(1)).toBe(false);
    const ready = buffer.readyWithin(60_000);
    buffer.push('a');
    expect(await ready).toBe(true);
    expect(await buffer.next()).toBe('a');
  });

  it('keeps nothing of the waits that found nothing', async () => {
    const buffer = new EnvelopeBuffer<string>(4, () => undefined);
    for (let wait = 0; wait < 100; wait += 1) expect(await buffer.readyWithin(0)).toBe(false);
    expect(buffer.waiting).toBe(0);
  });
});
