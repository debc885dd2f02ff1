import type { RunEvent } from '@macp-agent/scenarios';
import { expect, it } from 'vitest';
import { Output } from '../output.js';
import { Timeline } from './timeline.js';

const refused = (code: string): RunEvent => ({ type: 'refused', participantId: 'r1', code, message: 'the session is over', messageType: 'Vote', atMs: 5 });
const session = (state: 'CANCELLED' | 'SUSPENDED'): RunEvent => ({ type: 'session', state, atMs: 4, reason: '' });
const commitment: RunEvent = { type: 'envelope', seq: 3, atMs: 4, atUnixMs: 4, sender: 'lead', messageType: 'Commitment', payload: {}, text: 'approve' };

function shown(events: readonly RunEvent[], options: { columns?: number; signal?: AbortSignal; verbose?: boolean } = {}): string {
  let text = '';
  const stdout = {
    write: (part: string) => (text += part),
    ...(options.columns === undefined ? {} : { isTTY: true, columns: options.columns }),
  };
  const timeline = new Timeline(new Output({ stdout, stderr: stdout, env: { NO_COLOR: '1' } }), {
    cwd: '/home/me',
    verbose: options.verbose === true,
    ...options,
  });
  for (const event of events) timeline.show(event);
  return text;
}

it('does not blame agents for what was on its way when the session ended', () => {
  expect(shown([session('CANCELLED'), refused('SESSION_NOT_OPEN')])).not.toContain('refused');
  expect(shown([commitment, refused('SESSION_NOT_OPEN')])).not.toContain('refused');
  expect(shown([refused('SESSION_NOT_OPEN')], { signal: AbortSignal.abort() })).not.toContain('refused');
});

it('shows every other refusal, and with -v also those', () => {
  expect(shown([session('CANCELLED'), refused('POLICY_DENIED')])).toContain('refused      Vote POLICY_DENIED: the session is over');
  expect(shown([session('SUSPENDED'), refused('SESSION_NOT_OPEN')])).toContain('refused');
  expect(shown([session('CANCELLED'), refused('SESSION_NOT_OPEN')], { verbose: true })).toContain('refused');
});

it('puts what is said below sender and type where there is no room beside them', () => {
  const said: RunEvent = { ...commitment, sender: 'compliance-agent', text: 'approve (positive) under policy.default, ttl 60 s' };
  expect(shown([said], { columns: 40 })).toBe('+   0.00s compliance-agent Commitment\n  approve (positive) under\n  policy.default, ttl 60 s\n');
  expect(shown([said], { columns: 80 })).toBe(`+   0.00s compliance-agent Commitment   approve (positive) under\n${' '.repeat(40)}policy.default, ttl 60 s\n`);
  expect(shown([said])).toBe('+   0.00s compliance-agent Commitment   approve (positive) under policy.default, ttl 60 s\n');
});
