import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRuntime, type Runtime } from '@macp-agent/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { macp } from '../cli.test-support.js';
import { judgeToken } from '../doctor/probes.js';

const MODE = 'macp.mode.decision.v1';
const jwt = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;
let cwd: string;
let runtime: Runtime;
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'macp-cli-'));
  runtime = await startRuntime({
    identities: [
      { token: 'risk-token', sender: 'risk-agent', allowedModes: [MODE, ''] },
      { token: 'fraud-token', sender: 'fraud-agent', canStartSessions: false, allowedModes: [MODE, ''] },
      { token: 'task-token', sender: 'task-agent', allowedModes: ['macp.mode.task.v1'] },
    ],
  });
});
afterEach(async () => {
  await runtime.close(0);
  rmSync(cwd, { recursive: true, force: true });
});

const doctor = async (changes: object, start = false) => {
  const file = join(cwd, 'b.json');
  const versions = { mode_version: '1.0.0', configuration_version: 'config.default', policy_version: 'policy.default' };
  const document = {
    participant_id: 'risk-agent',
    session_id: '0b7a6f0e-5a0e-4a43-8f3a-2a7f1b9c7d11',
    mode: MODE,
    runtime_address: runtime.address,
    auth_token: 'risk-token',
    secure: false,
    allow_insecure: true,
    participants: ['risk-agent'],
    ...versions,
    ...(start ? { initiator: { session_start: { intent: 'x', participants: ['risk-agent'], ttl_ms: 1_000, ...versions } } } : {}),
    ...changes,
  };
  writeFileSync(file, JSON.stringify(document), { mode: 0o600 });
  return macp(['doctor', '--bootstrap', 'b.json', '--timeout', '2'], { cwd });
};

describe('macp doctor', () => {
  it('finds an agent fine, and changes nothing', async () => {
    for (const start of [false, true]) {
      const { code, stdout } = await doctor({}, start);
      expect(stdout).toMatch(/ok .*bootstrap: risk-agent[\s\S]*ok .*credential[\s\S]*ok .*sender[\s\S]*session: not started yet/);
      expect(code).toBe(0);
    }
  });

  it.each([
    ['an unknown token', { auth_token: 'stranger' }, false, /error {2}credential: the runtime does not know this token\n +fix \(onboarding step 2\)/],
    ['a token with a dot', { auth_token: 'risk.token' }, false, /error {2}token: .*contains a dot.*\n +fix \(onboarding step 2\)/],
    ['no token', { auth_token: '' }, false, /bootstrap\.runtime\.bearerToken is required.*step 3/],
    [
      'a sender with a prefix on one side',
      { participant_id: 'agent://risk-agent' },
      false,
      /error {2}sender: .*does not belong to the sender "agent:\/\/risk-agent"\n +fix \(onboarding step 1\)/,
    ],
    [
      'an initiator that may not start',
      { participant_id: 'fraud-agent', auth_token: 'fraud-token' },
      true,
      /error {2}starting sessions: .*\n +fix \(onboarding step 2\): set can_start_sessions to true/,
    ],
    [
      'a mode that is not allowed',
      { participant_id: 'task-agent', auth_token: 'task-token' },
      false,
      /error {2}sender: .*may not use macp\.mode\.decision\.v1/,
    ],
    ['an unknown policy', { policy_version: 'policy.nobody' }, false, /error {2}policy: the runtime does not have the policy policy\.nobody/],
    ['TLS towards plaintext', { secure: true }, false, /error {2}runtime: .*no runtime answered with TLS\n +fix \(transport\): .*plaintext/],
    ['a closed port', { runtime_address: '127.0.0.1:1' }, false, /error {2}network: 127\.0\.0\.1:1: ECONNREFUSED/],
    ['a nested file with gaps', { run: { runId: 'x' }, session_id: undefined }, false, /error {2}bootstrap: .*run\.sessionId/],
  ])('names the step and fix for %s', async (_, changes, start, message) => {
    const { code, stdout } = await doctor(changes, start);
    expect(stdout).toMatch(message);
    expect(stdout).not.toMatch(/risk-token|fraud-token|task-token/);
    expect(code).toBe(1);
  });
});

describe('a token', () => {
  it.each([
    [jwt({ exp: 100 }), /expired 100 s ago/],
    [jwt({ exp: 300, macp_scopes: { allowed_modes: [] } }), /empty list, which allows nothing/],
    ['a.b', /no JWT/],
  ])('%s cannot work', (token, text) => {
    expect(judgeToken(token, 200_000)).toMatchObject({ level: 'error', text: expect.stringMatching(text) as string });
  });

  it('that is static, or a JWT in its time, can', () => {
    expect(judgeToken('abc', 0).level).toBe('ok');
    expect(judgeToken(jwt({ exp: 300 }), 200_000).level).toBe('ok');
  });
});
