import type { OutcomeEvent } from '@macp-agent/scenarios';
import { expect, it } from 'vitest';
import { Output } from '../output.js';
import { printOutcome } from './outcome-text.js';

const nothing: OutcomeEvent = {
  type: 'outcome',
  runId: 'run-1',
  sessionId: 'run-1',
  durationMs: 1_200,
  transcript: '/home/me/runs/run-1/transcript.ndjson',
  transcriptComplete: true,
  state: 'NONE',
  reason: '',
  policyVersion: 'policy.default',
  proposals: [],
  evaluations: [],
  objections: [],
  votes: [],
  missing: [],
  refused: [],
  suspensions: 0,
  exitCode: 1,
};

function printed(changes: Partial<OutcomeEvent>, leftOpen?: string): string[] {
  let text = '';
  const stdout = { write: (part: string) => (text += part) };
  printOutcome(new Output({ stdout, stderr: stdout, env: {} }), { ...nothing, ...changes }, { cwd: '/home/me', leftOpen });
  return text.trimEnd().split('\n');
}

it('says that there was no session, and why, without calling nobody missing', () => {
  const lines = printed({ reason: 'agent r1 ended with exit code 2 before it was ready; its last lines:\n    boom\n  log: /home/me/runs/run-1/r1.log' }, 'x');
  expect(lines.at(-1)).toBe('NO SESSION was started within 1.20 s: agent r1 ended with exit code 2 before it was ready');
  expect(lines.join('\n')).not.toContain('missing');
  expect(lines).toContain('      boom');
});

it('says in which state a session was left and what becomes of it', () => {
  const lines = printed({ state: 'SUSPENDED', reason: 'the run did not end within 500 ms' }, 'it ends by itself at host:1');
  expect(lines.at(-1)).toBe('FAILED after 1.20 s, the session is left SUSPENDED: the run did not end within 500 ms');
  expect(lines).toContain('  session     left SUSPENDED: it ends by itself at host:1');
  expect(printed({ state: 'OPEN', exitCode: 130, reason: 'cancelled by SIGTERM' }, 'x').at(-1)).toBe(
    'INTERRUPTED after 1.20 s, the session is left OPEN: cancelled by SIGTERM',
  );
});

it('says of a replay that stops early that nothing is decided yet', () => {
  expect(printed({ state: 'OPEN' }).at(-1)).toBe('OPEN, no commitment yet, after 1.20 s');
});

it('names who did not vote and who was lost, and no refusal that only came too late', () => {
  const late = { participantId: 'r2', code: 'SESSION_NOT_OPEN', message: 'over', messageType: 'Vote' };
  const lines = printed({ state: 'CANCELLED', missing: ['r1', 'lead'], lost: 'lead', refused: [late, { ...late, code: 'INVALID_ENVELOPE' }] });
  expect(lines).toContain('  missing     no vote of r1; lead, whose process ended');
  expect(lines.filter((line) => line.includes('refused'))).toEqual(['  refused     r2 Vote INVALID_ENVELOPE: over']);
  expect(printed({ transcriptComplete: false })).toContain('  transcript  runs/run-1/transcript.ndjson (incomplete)');
});
