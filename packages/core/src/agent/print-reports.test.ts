import { expect, it } from 'vitest';
import { parseBootstrap } from './bootstrap.js';
import { describeResult, printReports } from './print-reports.js';

const bootstrap = parseBootstrap({
  participant_id: 'fraud-agent',
  session_id: '0b7a6f0e-5a0e-4a43-8f3a-2a7f1b9c7d11',
  mode: 'macp.mode.decision.v1',
  runtime_url: '127.0.0.1:50051',
  auth_token: 'secret-token',
  secure: false,
});

it('tells a person what an agent does alone, and never its token', () => {
  const lines: string[] = [];
  const report = printReports(
    () => bootstrap,
    (line) => lines.push(line),
  );
  report({ type: 'ready', participantId: 'fraud-agent', cancelCallbackUrl: 'http://127.0.0.1:1/agent/cancel' });
  report({ type: 'refused', code: 'FORBIDDEN', message: 'FORBIDDEN: no', messageType: 'Vote', step: 'step 2' });
  report({ type: 'abstained', reason: 'no rule for the role "x"' });
  report({ type: 'model', model: 'openai:small', promptTokens: 12, completionTokens: 3 });
  report({ type: 'ended', state: 'RESOLVED' });
  expect(lines).toEqual([
    'fraud-agent takes part in session 0b7a6f0e-5a0e-4a43-8f3a-2a7f1b9c7d11 at 127.0.0.1:50051, cancel callback at http://127.0.0.1:1/agent/cancel',
    'refused: Vote, FORBIDDEN: no',
    'abstained: no rule for the role "x"',
    'model call: openai:small, 12 tokens in, 3 out',
  ]);
});

it('says how a session ended', () => {
  const commitment = { action: 'step_up', outcomePositive: true, reason: '2 approve', sender: 'coordinator' } as NonNullable<
    Parameters<typeof describeResult>[0]['commitment']
  >;
  expect(describeResult({ state: 'RESOLVED', commitment })).toBe('RESOLVED step_up (positive), by coordinator: 2 approve');
  expect(describeResult({ state: 'CANCELLED', reason: 'the customer called' })).toBe('CANCELLED without a commitment: the customer called');
  expect(describeResult({ state: 'EXPIRED' })).toBe('EXPIRED without a commitment');
});
