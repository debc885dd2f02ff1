import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { EchoAcks } from './echo-acks.js';

const later = (): number => performance.now() + 60_000;

describe('a message that waits for its echo', () => {
  it('is accepted by the echo, refused by a refusal, and unknown when the stream breaks', async () => {
    const acks = new EchoAcks();
    const [accepted, refused, unknown] = [acks.wait('a', later()), acks.wait('b', later()), acks.wait('c', later())];
    acks.accepted('a');
    const error = { code: 'FORBIDDEN', message: 'no', sessionId: 's', messageId: 'b', details: Buffer.alloc(0) };
    expect(acks.refused(error)).toBe(true);
    expect(acks.refused({ ...error, messageId: 'x' })).toBe(false);
    acks.giveUp();
    expect(await Promise.all([accepted, refused, unknown])).toEqual([{ kind: 'accepted' }, { kind: 'refused', error }, { kind: 'unknown' }]);
    expect(acks.size).toBe(0);
  });

  it('is unknown soon after its limit', async () => {
    const acks = new EchoAcks();
    expect(await acks.wait('a', performance.now() + 1)).toEqual({ kind: 'unknown' });
    expect(acks.size).toBe(0);
  });

  it('is unknown at once when its signal fires, and leaves no listener behind', async () => {
    const acks = new EchoAcks();
    const controller = new AbortController();
    const answered = acks.wait('a', later(), controller.signal);
    acks.accepted('a');
    expect(await answered).toEqual({ kind: 'accepted' });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    const aborted = acks.wait('b', later(), controller.signal);
    controller.abort();
    expect(await aborted).toEqual({ kind: 'unknown' });
    acks.giveUp();
  });
});
