import { describe, expect, it } from 'vitest';
import { KeyedQueue } from './keyed-queue.js';

describe('a queue for each key', () => {
  it('keeps the order of one key, and lets no key wait for another', async () => {
    const queue = new KeyedQueue();
    const done: string[] = [];
    const gate = makeGate();
    void queue.run('a', async () => (await gate.opened, void done.push('a1')));
    void queue.run('a', async () => void done.push('a2'));
    await queue.run('b', async () => void done.push('b1'));
    expect(done).toEqual(['b1']);
    expect(queue.size).toBe(1);
    gate.open();
    await queue.idle();
    expect(done).toEqual(['b1', 'a1', 'a2']);
    expect(queue.size).toBe(0);
  });
});

function makeGate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  return { opened: new Promise<void>((resolve) => (open = resolve)), open: () => open() };
}
