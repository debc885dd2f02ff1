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

  it('gives everything in order, and asks for more when half of it is read', () => {
    let asked = 0;
    const buffer = new EnvelopeBuffer<number>(4, () => (asked += 1));
    const got: (number | undefined)[] = [];
    for (let round = 0; round < 1_000; round += 1) {
      while (!buffer.isFull) buffer.push(round * 4 + buffer.size);
      for (let item = 0; item < 4; item += 1) got.push(buffer.take());
    }
    expect(got).toEqual(Array.from({ length: 4_000 }, (_, index) => index));
    expect(asked).toBe(1_000);
    expect(buffer.take()).toBeUndefined();
  });

  it('ends a wait when its signal fires, and loses nothing by it', async () => {
    const buffer = new EnvelopeBuffer<string>(4, () => undefined);
    const controller = new AbortController();
    const waiting = buffer.readyWithin(undefined, controller.signal);
    controller.abort();
    expect(await waiting).toBe(false);
    expect(buffer.waiting).toBe(0);
    buffer.push('a');
    expect(await buffer.readyWithin(undefined, controller.signal)).toBe(false);
    expect(await buffer.next()).toBe('a');
  });

  it('keeps nothing of the waits that found nothing', async () => {
    const buffer = new EnvelopeBuffer<string>(4, () => undefined);
    for (let wait = 0; wait < 100; wait += 1) expect(await buffer.readyWithin(0)).toBe(false);
    expect(buffer.waiting).toBe(0);
  });
});
