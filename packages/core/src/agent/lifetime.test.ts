import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isDoneWithin, Lifetime } from './lifetime.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new Promise<void>(() => undefined);

describe('the lifetime of an agent', () => {
  it('tells those at work shortly after the end of the session, and stops waiting for who does not listen', async () => {
    const overdue = vi.fn(() => Promise.resolve());
    const lifetime = new Lifetime(overdue);
    const waited = lifetime.wait(never);
    lifetime.sessionEnded();
    await vi.advanceTimersByTimeAsync(249);
    expect(lifetime.workSignal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect([lifetime.workSignal.aborted, lifetime.signal.aborted]).toEqual([true, false]);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(overdue).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(overdue).toHaveBeenCalledWith(30_000);
    expect([await waited, lifetime.signal.aborted]).toEqual([undefined, true]);
  });

  it('hands over the rest when the work that was late has ended', async () => {
    const overdue = vi.fn(() => Promise.resolve());
    const lifetime = new Lifetime(overdue);
    lifetime.sessionEnded();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await lifetime.wait(Promise.resolve('late'))).toBe('late');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(overdue).not.toHaveBeenCalled();
    expect(lifetime.signal.aborted).toBe(false);
  });

  it('waits five seconds for who is at work when the agent is told to leave, and keeps no timer', async () => {
    const lifetime = new Lifetime(vi.fn());
    const waited = lifetime.wait(never);
    lifetime.leave();
    expect(lifetime.workSignal.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await waited).toBeUndefined();
    lifetime.sessionEnded();
    lifetime.end();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('fails as the work that it waits for', async () => {
    await expect(new Lifetime(vi.fn()).wait(Promise.reject(new RangeError('a mistake')))).rejects.toThrow('a mistake');
  });
});

describe('work with a limit', () => {
  it('is done in time, late, or fails, and leaves no timer', async () => {
    expect(await isDoneWithin(100, Promise.resolve())).toBe(true);
    await expect(isDoneWithin(100, Promise.reject(new RangeError('a mistake')))).rejects.toThrow('a mistake');
    const late = isDoneWithin(100, never);
    await vi.advanceTimersByTimeAsync(100);
    expect(await late).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
