import type { Ack } from '@macp-agent/protocol';
import { describe, expect, it } from 'vitest';
import { MacpAckError, MacpTimeoutError, MacpTransportError } from '../errors.js';
import { Retries, type RetryPolicy, type RetryTime } from './retry.js';

/** A clock that only sleeping moves. */
class HandClock implements RetryTime {
  atMs = 0;
  readonly waits: number[] = [];
  readonly #luck: number;

  constructor(luck = 1) {
    this.#luck = luck;
  }

  now(): number {
    return this.atMs;
  }

  async sleep(ms: number): Promise<void> {
    this.waits.push(ms);
    this.atMs += ms;
  }

  random(): number {
    return this.#luck;
  }
}

const away = new MacpTransportError('UNAVAILABLE', 'connect ECONNREFUSED', { grpcStatus: 'UNAVAILABLE' });

const refused = (code: string): MacpAckError => {
  const error = { code, message: 'no', sessionId: 's', messageId: 'm', details: Buffer.alloc(0) };
  const ack: Ack = { ok: false, duplicate: false, messageId: 'm', sessionId: 's', acceptedAtUnixMs: 0, sessionState: 'SESSION_STATE_OPEN', error };
  return new MacpAckError(ack, 'Send Vote');
};

/** Tries until the peer is back at `backAtMs`, which refuses at once before that; gives how it ended. */
async function tried(clock: HandClock, options: { limitMs?: number; backAtMs?: number; failure?: unknown; policy?: RetryPolicy; repeatable?: boolean }) {
  const { limitMs = 10_000, backAtMs = Number.POSITIVE_INFINITY, failure = away, policy = {}, repeatable = true } = options;
  const retries = new Retries(limitMs, repeatable, policy, clock);
  try {
    while (clock.now() < backAtMs) await retries.wait(failure, 'Send Vote', undefined);
    return { atMs: clock.now(), failed: retries.failed, tryMs: retries.tryMs() };
  } catch (error) {
    return { atMs: clock.now(), failed: retries.failed, error };
  }
}

describe('the tries of a call', () => {
  it.each([0, 0.5, 1])('find a runtime that is back after 6 s within 1 s, whatever the jitter (%d)', async (luck) => {
    const { atMs, error, tryMs } = await tried(new HandClock(luck), { backAtMs: 6_000 });
    expect(error).toBeUndefined();
    expect(atMs).toBeLessThan(7_000);
    expect(tryMs).toBeGreaterThan(1_000);
  });

  it('go on until the limit of the call, then give the failure itself', async () => {
    const clock = new HandClock();
    const { atMs, error, failed } = await tried(clock, {});
    expect(error).toBe(away);
    expect(atMs).toBeGreaterThan(9_900);
    expect(atMs).toBeLessThanOrEqual(10_000);
    expect(failed).toBeGreaterThan(10);
  });

  it('wait twice as long each time, up to 1 s, half of it by chance', async () => {
    const full = new HandClock(1);
    await tried(full, { backAtMs: 6_000 });
    expect(full.waits.slice(0, 6)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    const half = new HandClock(0);
    await tried(half, { backAtMs: 3_000 });
    expect(half.waits.slice(0, 6)).toEqual([50, 100, 200, 400, 500, 500]);
  });

  it('end after `maxRetries` with RETRIES_EXHAUSTED, and with a refusal as it is', async () => {
    const policy = { maxRetries: 2, baseMs: 1, maxMs: 2 };
    const lost = await tried(new HandClock(), { policy });
    expect(lost).toMatchObject({ failed: 3, error: { code: 'RETRIES_EXHAUSTED', attempts: 3, cause: away } });
    const failure = refused('RATE_LIMITED');
    expect((await tried(new HandClock(), { policy, failure })).error).toBe(failure);
  });

  it.each([
    ['a refusal that will be repeated', refused('FORBIDDEN')],
    ['a message that is too large', new MacpTransportError('PAYLOAD_TOO_LARGE', 'larger than max', { grpcStatus: 'RESOURCE_EXHAUSTED' })],
    ['a wrong request', new MacpTransportError('INVALID_ENVELOPE', 'no', { grpcStatus: 'INVALID_ARGUMENT' })],
    ['an error that is not of the transport', new Error('a bug')],
  ])('do not repeat %s', async (_what, failure) => {
    expect(await tried(new HandClock(), { failure })).toMatchObject({ atMs: 0, error: failure });
  });

  it('never repeat a call for which twice is not once', async () => {
    expect(await tried(new HandClock(), { repeatable: false })).toMatchObject({ atMs: 0, error: away });
  });

  it('say what went wrong before the try that the limit cut short', async () => {
    const clock = new HandClock();
    const retries = new Retries(1_000, true, {}, clock);
    await retries.wait(away, 'Send Vote', undefined);
    clock.atMs = 999;
    await expect(retries.wait(new MacpTimeoutError('no answer in time'), 'Send Vote', undefined)).rejects.toBe(away);
  });

  it('say what went wrong when the wait for the next try took longer than there was time', async () => {
    const clock = new HandClock();
    const retries = new Retries(1_000, true, {}, clock);
    const limited = refused('RATE_LIMITED');
    await retries.wait(limited, 'Send SessionStart', undefined);
    clock.atMs = 1_001;
    expect(() => retries.tryMs()).toThrow(limited);
  });

  it('leave half of the time for the next try, but a second where there is one', () => {
    const clock = new HandClock();
    const retries = new Retries(10_000, true, {}, clock);
    expect(retries.tryMs()).toBe(5_000);
    clock.atMs = 8_500;
    expect(retries.tryMs()).toBe(1_000);
    clock.atMs = 9_600;
    expect(retries.tryMs()).toBe(400);
    clock.atMs = 10_001;
    expect(retries.tryMs()).toBe(0);
  });
});
