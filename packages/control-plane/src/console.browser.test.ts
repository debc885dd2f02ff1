import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Harness, PARTICIPANTS } from './harness.test.support.js';
import type { ControlPlaneOptions } from './start-control-plane.js';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const MAX_GZIP_BYTES = 200_000;

/** Scripts run in the page, whose types are not those of this package. */
const SLOWEST_STEP = `(async () => {
  let slowest = 0;
  let last = performance.now();
  for (let step = 0; step < 20; step += 1) {
    dispatchEvent(new KeyboardEvent('keydown', { key: step % 3 === 0 ? 'k' : 'j' }));
    await new Promise(requestAnimationFrame);
    slowest = Math.max(slowest, performance.now() - last);
    last = performance.now();
  }
  return slowest;
})()`;
const UNNAMED = `[...document.querySelectorAll('button, a, input, select')]
  .filter((element) => !element.labels?.length && (element.innerText || element.getAttribute('aria-label') || element.title) === '')
  .map((element) => element.outerHTML)`;

// In CI a missing browser is a failure, not a skip.
describe.skipIf(executablePath === undefined && process.env['CI'] !== 'true')('the console in chromium (skipped where chromium is not installed)', () => {
  let browser: Browser;
  let consoleDir: string;
  let harness: Harness;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    consoleDir = await mkdtemp(join(tmpdir(), 'macp-console-'));
    await build({ configFile: fileURLToPath(new URL('../console/vite.config.ts', import.meta.url)), logLevel: 'silent', build: { outDir: consoleDir } });
    browser = await chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await rm(consoleDir, { recursive: true });
  });

  const begin = async (options: Partial<ControlPlaneOptions> = {}): Promise<void> => {
    harness = await Harness.start({}, { consoleDir, ...options });
    page = await browser.newPage({ viewport: { width: 1280, height: 720 }, reducedMotion: 'reduce' });
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      // A server that is away on purpose shows in the browser's own log as well.
      if (message.type() === 'error' && !message.text().includes('ERR_CONNECTION_REFUSED')) problems.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(harness.plane.url)) problems.push(`foreign request ${request.url()}`);
    });
  };
  beforeEach(() => {
    problems = [];
  });
  afterEach(async () => {
    await page.close();
    await harness.close();
    if (problems.length > 0) throw new Error(`the page had problems: ${problems.join('; ')}`);
  });
  const show = (id: string): Promise<unknown> => page.goto(new URL(`#/runs/${id}`, harness.plane.url).href);
  const outcome = (): ReturnType<Page['locator']> => page.locator('#outcome-title');
  const rows = (): ReturnType<Page['locator']> => page.locator('.envelope.kind-envelope');

  it('shows a run while it happens, from the list to the committed outcome and its reasons', async () => {
    await begin();
    await page.goto(harness.plane.url);
    await page.getByText('No runs yet').waitFor();
    expect(await page.getByText('New run').count()).toBe(0);
    const { id, lead } = await harness.open();
    await page.getByRole('link', { name: 'decide on a transfer' }).click();
    await page.getByText('Waiting for 3 votes').waitFor();
    await harness.decide(id, lead);
    await page.getByText('Committed: transfer.stopped').waitFor();
    await page.getByText('record complete').waitFor();
    expect(await page.locator('.why tbody tr').allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^Quorum\s+3 voted.*met$/s), expect.stringMatching(/^Commitment authority/)]),
    );
    expect(await page.locator('.segment.vote-approve').count()).toBe(3);
    expect(await rows().count()).toBe(9);
    for (const part of ['.outcome', '.tally', '.run-header']) {
      const box = await page.locator(part).boundingBox();
      expect((box?.y ?? 999) + (box?.height ?? 999)).toBeLessThanOrEqual(720);
    }
  });

  it('works by keyboard: next and previous, filter, pause, cancel', async () => {
    await begin();
    const { id, lead } = await harness.open();
    await show(id);
    await rows().nth(1).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.locator('.inspector').getByText('stop the transfer').waitFor();
    await page.keyboard.press('k');
    await page.locator('.inspector').getByText('decide on a transfer').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('proposal');
    await vi.waitFor(async () => expect(await rows().count()).toBe(1), { timeout: 5_000 });
    await page.keyboard.press('Escape');
    await page.getByLabel('Filter envelopes').fill('');
    await page.keyboard.press('Escape');
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Jump to latest' }).waitFor();
    await harness.session('fraud-agent', id).vote({ proposalId: 'p1', vote: 'APPROVE', reason: '' });
    await page.getByRole('button', { name: 'Jump to latest (+1)' }).waitFor();
    expect(await rows().count()).toBe(2);
    await page.keyboard.press(' ');
    await rows().nth(2).waitFor();
    await page.keyboard.press('c');
    await page.getByRole('dialog').getByText('Cancel this run?').waitFor();
    await page.keyboard.press('Escape');
    await vi.waitFor(async () => expect(await page.getByRole('dialog').count()).toBe(0), { timeout: 5_000 });
    await lead.cancel();
  });

  it('folds votes and outcome again while scrubbing', async () => {
    await begin();
    const { id, lead } = await harness.open();
    await harness.decide(id, lead);
    await show(id);
    await page.getByText('record complete').waitFor();
    const scrubber = page.getByLabel('Position in the record');
    await scrubber.fill('6');
    await page.getByText('Waiting for 2 votes').waitFor();
    expect(await page.locator('.segment.vote-approve').count()).toBe(1);
    await scrubber.fill('1');
    await page.getByText('Waiting for a proposal').waitFor();
    await page.getByRole('button', { name: /Jump to latest/ }).click();
    await page.getByText('Committed: transfer.stopped').waitFor();
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByText('Waiting for a proposal').waitFor();
    await page.getByText('Committed: transfer.stopped').waitFor();
  });

  it('shows what an agent wrote as text, whatever it wrote', async () => {
    await begin();
    const { id } = await harness.open();
    const nasty = '<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>';
    await harness.session('fraud-agent', id).evaluate({ proposalId: 'p1', recommendation: 'REVIEW', confidence: 0.5, reason: nasty });
    await show(id);
    await page.locator('.envelope', { hasText: 'onerror' }).click();
    await page.locator('.inspector').getByText(nasty).waitFor();
    expect(await page.evaluate(`[document.images.length, 'hacked' in globalThis]`)).toEqual([0, false]);
  });

  it('cancels after asking, and shows what the runtime confirmed', async () => {
    await begin();
    const { startCancelCallbackServer } = await import('@macp-agent/core');
    const { id, lead } = await harness.open();
    const callback = await startCancelCallbackServer({
      host: '127.0.0.1',
      port: 0,
      path: '/cancel',
      bearer: 'b',
      onCancel: async (_runId: string, reason: string) => void (await lead.cancel(reason)),
    });
    const session = {
      sessionId: id,
      modeName: 'macp.mode.decision.v1',
      modeVersion: '1.0.0',
      configurationVersion: 'config.default',
      ttlMs: 60_000,
      participants: [{ id: 'risk-agent' }],
    };
    await harness.post('runs', { runtime: { kind: 'rust' }, session: { ...session, metadata: { cancelCallback: { url: callback.url, bearer: 'b' } } } });
    await show(id);
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await page.getByLabel('Reason (optional)').fill('wrong customer');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel run' }).click();
    await page.getByText('Reason: wrong customer').waitFor();
    expect(await outcome().innerText()).toBe('Cancelled');
    await callback.close();
  });

  it('says why a run cannot be cancelled', async () => {
    await begin();
    const { id } = await harness.open();
    await show(id);
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel run' }).click();
    await page.getByRole('alert').getByText('no cancelCallback in metadata').waitFor();
    problems = problems.filter((problem) => !problem.includes('400'));
  });

  it('keeps what it has while the server is away, and goes on without gap or duplicate', async () => {
    await begin();
    const { id, lead } = await harness.open();
    await show(id);
    await page.getByText('● live').waitFor();
    const { port } = harness.plane;
    await harness.plane.close();
    await page.getByText(/Showing envelopes up to #2; reconnecting/).waitFor();
    await harness.decide(id, lead);
    await harness.restartPlane({ port, consoleDir });
    await page.getByText('Committed: transfer.stopped').waitFor();
    expect(await rows().count()).toBe(9);
    expect(await page.getByText(/reconnecting/).count()).toBe(0);
    problems = problems.filter((problem) => !problem.includes('ERR_'));
  });

  it('starts a run from the schema of a scenario', async () => {
    const inputSchema = { type: 'object', required: ['amount'], properties: { amount: { type: 'number', minimum: 1 }, channel: { enum: ['web', 'app'] } } };
    const asked: unknown[] = [];
    await begin({
      listScenarios: async () => [
        { scenarioRef: 'fraud/x@1.0.0', name: 'Transfers', templates: [{ id: 'default' }, { id: 'strict' }], inputSchema, defaults: { amount: 5 } },
      ],
      startRun: async (ref, template, inputs) => {
        asked.push(ref, template, inputs);
        const { id } = await harness.open();
        return { runId: id, sessionId: id };
      },
    });
    await page.goto(harness.plane.url);
    await page.getByRole('link', { name: 'New run' }).first().click();
    await page.getByLabel('Template').selectOption('strict');
    await page.getByLabel(/Amount/).fill('12500');
    await page.getByLabel('Channel').selectOption('web');
    await page.getByRole('button', { name: 'Edit as JSON' }).click();
    expect(JSON.parse(await page.getByLabel('Inputs as JSON').inputValue())).toEqual({ amount: 12_500, channel: 'web' });
    await page.getByRole('button', { name: 'Start run' }).click();
    await page.getByText('Waiting for 3 votes').waitFor();
    expect(asked).toEqual(['fraud/x@1.0.0', 'strict', { amount: 12_500, channel: 'web' }]);
  });

  it('says what is wrong instead of showing nothing', async () => {
    await begin({ token: 'a-long-enough-token' });
    await show('nosuchrunnosuchrun0000');
    await page.getByText('This server wants its token').waitFor();
    await page.goto('about:blank');
    await page.goto(new URL('#token=a-long-enough-token', harness.plane.url).href);
    await page.getByText('No runs yet').waitFor();
    expect(page.url()).not.toContain('token');
    await show('nosuchrunnosuchrun0000');
    await page.getByText('There is no such run').waitFor();
    problems = problems.filter((problem) => !/40[14]|about:blank/.test(problem));
  });

  it('stays smooth with 20 participants and 2 000 envelopes', async () => {
    await begin();
    const { id } = await harness.open();
    const voices = PARTICIPANTS.slice(1).map((sender) => harness.session(sender, id));
    for (let sent = 0; sent < 1_998; sent += 18) {
      await Promise.all(
        Array.from({ length: 18 }, (_, index) =>
          voices[index % voices.length]?.evaluate({ proposalId: 'p1', recommendation: 'REVIEW', confidence: 0.5, reason: `round ${sent + index}` }),
        ),
      );
    }
    await show(id);
    await page.locator('.scrub-label', { hasText: /^(200\d)\/\1$/ }).waitFor({ timeout: 20_000 });
    expect(await page.locator('.envelope').count()).toBeLessThan(80);
    const slowestMs = await page.evaluate(SLOWEST_STEP);
    expect(slowestMs).toBeLessThan(400);
  }, 60_000);

  it('fits a phone, names every control, and needs nothing from elsewhere', async () => {
    await begin();
    const { id, lead } = await harness.open();
    await harness.decide(id, lead);
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of [`#/runs/${id}`, '#/']) {
      await page.goto('about:blank');
      await page.goto(new URL(path, harness.plane.url).href);
      await page.getByText(path === '#/' ? 'decide on a transfer' : 'record complete').waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
      const unnamed = await page.evaluate(UNNAMED);
      expect(unnamed).toEqual([]);
    }
    let bytes = 0;
    for (const name of await readdir(consoleDir, { recursive: true })) {
      if (!/\.(js|css|html)$/.test(name)) continue;
      const text = await readFile(join(consoleDir, name));
      bytes += gzipSync(text).length;
      expect((text.toString().match(/https?:\/\/[^"'`\s)]+/g) ?? []).filter((url) => !url.includes('www.w3.org'))).toEqual([]);
    }
    expect(bytes).toBeLessThan(MAX_GZIP_BYTES);
  });
});
