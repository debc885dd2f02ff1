import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describe, expect, it, vi } from 'vitest';
import { ConsolePage, NO_BROWSER } from './browser.test.support.js';

const WAIT = { timeout: 10_000, interval: 50 };

describe.skipIf(NO_BROWSER)('the console in chromium (skipped where chromium is not installed)', () => {
  const browser = ConsolePage.use();
  const begin: ConsolePage['begin'] = (...args) => browser().begin(...args);
  const show = (id: string): Promise<void> => browser().show(`#/runs/${id}`);
  const outcome = (page: Page): ReturnType<Page['locator']> => page.locator('.outcome-title');
  const rows = (page: Page): ReturnType<Page['locator']> => page.locator('.envelope.kind-envelope');

  it('shows a run while it happens, from the list to the committed outcome and its reasons', async () => {
    await begin();
    const { page, harness } = browser();
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
    expect(await rows(page).count()).toBe(9);
    for (const part of ['.outcome', '.tally', '.run-header']) {
      const box = await page.locator(part).boundingBox();
      expect((box?.y ?? 999) + (box?.height ?? 999)).toBeLessThanOrEqual(720);
    }
  });

  it('works by keyboard: next and previous, filter, pause, cancel', async () => {
    await begin();
    const { page, harness } = browser();
    const { id, lead } = await harness.open();
    await show(id);
    await rows(page).nth(1).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.locator('.inspector').getByText('stop the transfer').waitFor();
    await page.keyboard.press('k');
    await page.locator('.inspector').getByText('decide on a transfer').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('proposal');
    await vi.waitFor(async () => expect(await rows(page).count()).toBe(1), { timeout: 5_000 });
    await page.keyboard.press('Escape');
    await page.getByLabel('Filter envelopes').fill('');
    await page.keyboard.press('Escape');
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Jump to latest' }).waitFor();
    await harness.session('fraud-agent', id).vote({ proposalId: 'p1', vote: 'APPROVE', reason: '' });
    await page.getByRole('button', { name: 'Jump to latest (+1)' }).waitFor();
    expect(await rows(page).count()).toBe(2);
    await page.keyboard.press(' ');
    await rows(page).nth(2).waitFor();
    await page.keyboard.press('c');
    await page.getByRole('dialog').getByText('Cancel this run?').waitFor();
    await page.keyboard.press('Escape');
    await vi.waitFor(async () => expect(await page.getByRole('dialog').count()).toBe(0), { timeout: 5_000 });
    await lead.cancel();
  });

  it('folds votes and outcome again while scrubbing', async () => {
    await begin();
    const { page, harness } = browser();
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
    // Each step is there for a moment only, so the page itself notes what it shows.
    await page.evaluate(`window.titles = [];
      new MutationObserver(() => window.titles.push(document.querySelector('.outcome-title').textContent))
        .observe(document.querySelector('.outcome'), { subtree: true, childList: true, characterData: true })`);
    await page.getByRole('button', { name: 'Replay' }).click();
    await vi.waitFor(async () => {
      const titles = await page.evaluate<string[]>('window.titles');
      expect(titles).toContain('Waiting for a proposal');
      expect(titles.at(-1)).toBe('Committed: transfer.stopped');
    }, WAIT);
  });

  it('shows a run out of a file, and why a file cannot be shown', async () => {
    await begin();
    const { page, harness } = browser();
    const { id, lead } = await harness.open();
    await harness.decide(id, lead);
    await show(id);
    await page.getByText('record complete').waitFor();
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export NDJSON' }).click();
    const file = { name: `${id}.ndjson`, mimeType: 'application/x-ndjson', buffer: await readFile(await (await downloading).path()) };
    await browser().show('#/file');
    await page.getByLabel('Choose a file').setInputFiles({ ...file, buffer: file.buffer.subarray(0, -20) });
    await page.getByText(/\.ndjson cannot be shown: line \d+ is not JSON/).waitFor();
    await page.getByLabel('Choose a file').setInputFiles(file);
    await page.getByText('from a file').waitFor();
    await page.getByText('Committed: transfer.stopped').waitFor();
    expect(await rows(page).count()).toBe(9);
    expect(await page.getByRole('button', { name: /Export|Cancel/ }).count()).toBe(0);
    await page.getByLabel('Position in the record').fill('1');
    await page.getByText('Waiting for a proposal').waitFor();
  });

  it('shows what an agent wrote as text, whatever it wrote', async () => {
    await begin();
    const { page, harness } = browser();
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
    const { page, harness } = browser();
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
    expect(await outcome(page).innerText()).toBe('Cancelled');
    await callback.close();
  });

  it('says why a run cannot be cancelled', async () => {
    await begin();
    const { page, harness } = browser();
    const { id } = await harness.open();
    await show(id);
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel run' }).click();
    await page.getByRole('alert').getByText('no cancelCallback in metadata').waitFor();
    browser().problems = browser().problems.filter((problem) => !problem.includes('400'));
  });

  it('keeps what it has while the server is away, and goes on without gap or duplicate', async () => {
    await begin();
    const { page, harness } = browser();
    const { id, lead } = await harness.open();
    await show(id);
    await page.getByText('● live').waitFor();
    await rows(page).nth(1).waitFor();
    const { port } = harness.plane;
    await harness.plane.close();
    await page.getByText(/Showing envelopes up to #2; reconnecting/).waitFor();
    await harness.decide(id, lead);
    await harness.restartPlane({ port, consoleDir: browser().consoleDir });
    await page.getByText('Committed: transfer.stopped').waitFor();
    expect(await rows(page).count()).toBe(9);
    expect(await page.getByText(/reconnecting/).count()).toBe(0);
    browser().problems = browser().problems.filter((problem) => !problem.includes('ERR_'));
  });

  it('starts a run from the schema of a scenario', async () => {
    const inputSchema = { type: 'object', required: ['amount'], properties: { amount: { type: 'number', minimum: 1 }, channel: { enum: ['web', 'app'] } } };
    const asked: unknown[] = [];
    await begin({
      listScenarios: async () => [
        {
          scenarioRef: 'fraud/x@1.0.0',
          name: 'Transfers',
          templates: [{ id: 'default' }, { id: 'strict', defaults: { amount: 900, channel: 'app' } }],
          inputSchema,
          defaults: { amount: 5 },
        },
      ],
      startRun: async (ref, template, inputs) => {
        asked.push(ref, template, inputs);
        const { id } = await browser().harness.open();
        return { runId: id, sessionId: id };
      },
    });
    const { page, harness } = browser();
    await page.goto(harness.plane.url);
    await page.getByRole('link', { name: 'New run' }).first().click();
    await page.getByLabel(/Amount/).waitFor();
    expect(await page.getByLabel(/Amount/).inputValue()).toBe('5');
    await page.getByLabel('Template').selectOption('strict');
    expect(await page.getByLabel(/Amount/).inputValue()).toBe('900');
    expect(await page.getByLabel('Channel').inputValue()).toBe('app');
    await page.getByLabel(/Amount/).fill('12500');
    await page.getByLabel('Channel').selectOption('web');
    await page.getByRole('button', { name: 'Edit as JSON' }).click();
    expect(JSON.parse(await page.getByLabel('Inputs as JSON').inputValue())).toEqual({ amount: 12_500, channel: 'web' });
    await page.getByLabel('Inputs as JSON').fill('{"amount":12500,"stray":1}');
    await page.getByRole('button', { name: 'Back to form' }).click();
    await page.getByRole('alert').getByText('The scenario has no input "stray"').waitFor();
    await page.getByLabel('Inputs as JSON').fill('{"amount":12500,"channel":"web"}');
    await page.getByRole('button', { name: 'Back to form' }).click();
    expect(await page.getByLabel('Channel').inputValue()).toBe('web');
    await page.getByRole('button', { name: 'Start run' }).click();
    await page.getByText('Waiting for 3 votes').waitFor();
    expect(asked).toEqual(['fraud/x@1.0.0', 'strict', { amount: 12_500, channel: 'web' }]);
  });

  it('says what is wrong instead of showing nothing', async () => {
    await begin({ token: 'a-long-enough-token' });
    const { page, harness } = browser();
    await show('nosuchrunnosuchrun0000');
    await page.getByText('This server wants its token').waitFor();
    await page.goto('about:blank');
    await page.goto(new URL('#token=a-long-enough-token', harness.plane.url).href);
    await page.getByText('No runs yet').waitFor();
    expect(page.url()).not.toContain('token');
    await show('nosuchrunnosuchrun0000');
    await page.getByText('There is no such run').waitFor();
    browser().problems = browser().problems.filter((problem) => !/40[14]|about:blank/.test(problem));
  });
});
