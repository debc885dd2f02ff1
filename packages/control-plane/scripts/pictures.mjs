// Takes the pictures of docs/images from real runs of examples/ in a real console. Needs a build and chromium.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const images = process.argv[2] ?? file('../../../docs/images/');
const FRAUD = 'fraud/high-value-new-device@1.0.0';
const WIDE = { width: 1280, height: 720 };
const PHONE = { width: 390, height: 844 };

const cwd = await mkdtemp(join(tmpdir(), 'macp-pictures-'));
const server = spawn(process.execPath, [file('../../cli/bin/macp.js'), 'console', '--port', '0', '--packs', file('../../../examples')], {
  cwd,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const closed = new Promise((resolve) => server.once('close', resolve));
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });

try {
  const url = await addressOf(server.stdout);
  const start = async (scenarioRef, templateId, inputs) => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ scenarioRef, templateId, inputs }) };
    const answer = await (await fetch(new URL('examples/run', url), init)).json();
    if (answer.runId === undefined) throw new Error(`${scenarioRef} did not start: ${answer.message}`);
    return answer.runId;
  };
  const until = async (runId, ...wanted) => {
    for (;;) {
      const { status } = await (await fetch(new URL(`runs/${runId}`, url))).json();
      if (wanted.includes(status)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const ENDED = ['completed', 'failed', 'cancelled'];

  const plain = await start(FRAUD);
  await until(plain, ...ENDED);
  const veto = await start(FRAUD, 'majority-veto');
  await until(veto, ...ENDED);
  await until(await start('claims/auto-claim-review@1.0.0', 'total-loss'), ...ENDED);
  await until(await start('lending/loan-underwriting-approve@1.0.0'), ...ENDED);
  const cancelled = await start(FRAUD, 'suspend-demo');
  await until(cancelled, 'suspended');
  await fetch(new URL(`runs/${cancelled}/cancel`, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'the customer called' }),
  });
  await until(cancelled, ...ENDED);
  const open = await start(FRAUD, 'suspend-demo');
  await until(open, 'suspended');

  const shoot = async (name, hash, { viewport, ready, dark = false, prepare }) => {
    const page = await browser.newPage({ viewport, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
    await page.goto(new URL(hash, url).href);
    await page.getByText(ready).first().waitFor();
    await prepare?.(page);
    await page.screenshot({ path: join(images, `${name}.png`) });
    await page.close();
  };
  const select = async (page) => {
    await page.locator('.envelope', { hasText: 'Commitment' }).click();
    await page.locator('.inspector').waitFor();
  };
  await shoot('console-run-open-dark', `#/runs/${open}`, { viewport: WIDE, ready: 'left, stopped', dark: true });
  const ask = async (page) => {
    await page.keyboard.press('c');
    await page.getByRole('dialog').waitFor();
  };
  await shoot('console-cancel', `#/runs/${open}`, { viewport: WIDE, ready: 'left, stopped', prepare: ask });
  await shoot('console-runs', '#/', { viewport: WIDE, ready: 'Suspended' });
  await shoot('console-runs-phone', '#/', { viewport: PHONE, ready: 'Suspended' });
  await shoot('console-run', `#/runs/${veto}`, { viewport: WIDE, ready: 'record complete', prepare: select });
  await shoot('console-run-phone', `#/runs/${veto}`, { viewport: PHONE, ready: 'record complete' });
  await shoot('console-compare', `#/compare/${plain}/${veto}`, { viewport: WIDE, ready: 'They part at' });
  await shoot('console-new', '#/new', { viewport: WIDE, ready: 'Start run' });
} finally {
  await browser.close();
  server.kill('SIGINT');
  await closed;
  await rm(cwd, { recursive: true, force: true });
}

async function addressOf(stdout) {
  for await (const line of createInterface({ input: stdout })) {
    const found = /console: (http:\S+)/.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error('the console did not start');
}
