import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from './config.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'macp-config-'));
  writeFileSync(join(cwd, '.env'), 'MACP_MODEL=openai:gpt-5-mini\nMACP_MODEL_BASE_URL=http://127.0.0.1:1/v1\n');
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

describe('the environment of agents', () => {
  it('is that of the process over the one of .env', () => {
    const config = loadConfig({ MACP_MODEL: 'anthropic:claude-haiku-4-5', PATH: '/bin' }, cwd);
    expect(config.agentEnv()).toEqual({ MACP_MODEL: 'anthropic:claude-haiku-4-5', MACP_MODEL_BASE_URL: 'http://127.0.0.1:1/v1', PATH: '/bin' });
  });

  it('leaves the environment of the command alone', () => {
    expect(loadConfig({ PATH: '/bin' }, cwd).env).toEqual({ PATH: '/bin' });
  });
});
