import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { macp, type CliRun } from '../cli.test-support.js';

export const MODE = 'macp.mode.decision.v1';
export const SESSION = '0b7a6f0e-5a0e-4a43-8f3a-2a7f1b9c7d11';

/** Writes the bootstrap of risk-agent, changed, and lets the doctor look at it. */
export function doctorOf(
  cwd: string,
  address: string,
  changes: object,
  { start = false, args = [], env = {} }: { readonly start?: boolean; readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<CliRun> {
  const versions = { mode_version: '1.0.0', configuration_version: 'config.default', policy_version: 'policy.default' };
  const document = {
    participant_id: 'risk-agent',
    session_id: SESSION,
    mode: MODE,
    runtime_address: address,
    auth_token: 'risk-token',
    secure: false,
    allow_insecure: true,
    ...versions,
    ...(start ? { initiator: { session_start: { intent: 'x', participants: ['risk-agent', 'fraud-agent'], ttl_ms: 60_000, ...versions } } } : {}),
    ...changes,
  };
  writeFileSync(join(cwd, 'b.json'), JSON.stringify(document), { mode: 0o600 });
  return macp(['doctor', '--bootstrap', 'b.json', '--timeout', '2', ...args], { cwd, env });
}

export const tempFolder = (): string => mkdtempSync(join(tmpdir(), 'macp-doctor-'));
