import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCli } from '@macp-agent/cli';
import { afterEach, beforeEach, expect, it } from 'vitest';

// The pack of docs/guides/writing-a-scenario.md.
const packs = fileURLToPath(new URL('packs', import.meta.url));
let runsDir: string;
beforeEach(() => {
  runsDir = mkdtempSync(join(tmpdir(), 'macp-docs-'));
});
afterEach(() => {
  rmSync(runsDir, { recursive: true, force: true });
});

async function macp(...words: string[]): Promise<{ code: number; text: string }> {
  let text = '';
  const stream = { write: (part: string) => void (text += part) };
  const { signal } = new AbortController();
  const env = { PATH: process.env['PATH'], MACP_PACKS_DIR: packs };
  const code = await runCli(words, { stdout: stream, stderr: stream, env, cwd: runsDir, signal, forceSignal: signal });
  return { code, text };
}

it('has nothing that lint would say', async () => {
  expect(await macp('scenario', 'lint', packs)).toEqual({ code: 0, text: '1 scenario, 0 errors\n' });
});

it('comes out as the guide says', async () => {
  const { code, text } = await macp('test', packs, '--runs-dir', runsDir);
  expect(text).toContain('2 of 2 as expected');
  expect(code).toBe(0);
});
