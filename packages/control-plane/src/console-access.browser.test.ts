import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import axe from 'axe-core';
import { describe, expect, it } from 'vitest';
import { ConsolePage, NO_BROWSER } from './browser.test.support.js';

const MAX_GZIP_BYTES = 200_000;
const SIZES = [
  { width: 1280, height: 720 },
  { width: 390, height: 844 },
] as const;
const SCHEMES = ['light', 'dark'] as const;

/** Rules and nodes that the accessibility check finds fault with; scripts run in the page, whose types are not those of this package. */
const VIOLATIONS = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target.join(' ') + ' ' + failureSummary)))`;

describe.skipIf(NO_BROWSER)('access to the console in chromium (skipped where chromium is not installed)', () => {
  const browser = ConsolePage.use();
  const begin: ConsolePage['begin'] = (...args) => browser().begin(...args);

  const violations = async (): Promise<string[]> => {
    const { page } = browser();
    await page.evaluate(axe.source);
    return page.evaluate<string[]>(VIOLATIONS);
  };
  /** In both sizes and both colour schemes. */
  const check = async (what: string): Promise<void> => {
    const { page } = browser();
    for (const size of SIZES) {
      await page.setViewportSize(size);
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        expect(await violations(), `${what}, ${size.width}×${size.height}, ${colorScheme}`).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(size.width);
      }
    }
  };

  it('breaks no accessibility rule on a run, open and ended, with its inspector and its cancel dialog', async () => {
    await begin();
    const { page, harness } = browser();
    const { id, lead } = await harness.open();
    await harness.session('fraud-agent', id).raiseObjection({ proposalId: 'p1', severity: 'critical', reason: 'a sanctioned account' });
    await browser().show(`#/runs/${id}`);
    await page.locator('.envelope', { hasText: 'Objection' }).click();
    await page.locator('.inspector').waitFor();
    await check('an open run');
    await page.keyboard.press('c');
    await page.getByRole('dialog').waitFor();
    await check('the cancel dialog');
    await page.keyboard.press('Escape');
    await lead.cancel('enough');
    await page.getByText('Cancelled', { exact: true }).first().waitFor();
    await check('a cancelled run');
    const second = await harness.open();
    await harness.decide(second.id, second.lead);
    await browser().show(`#/runs/${second.id}`);
    await page.getByText('record complete').waitFor();
    await check('a committed run');
    await browser().show(`#/compare/${id}/${second.id}`);
    await page.getByText('They part at').waitFor();
    await check('two runs beside each other');
  }, 60_000);

  it('breaks none on the list, the form, and the pages of errors', async () => {
    const inputSchema = {
      type: 'object',
      required: ['amount'],
      properties: { amount: { type: 'number' }, vip: { type: 'boolean' }, extra: { type: 'object' } },
    };
    await begin({
      listScenarios: async () => [{ scenarioRef: 'fraud/x@1.0.0', name: 'Transfers', templates: [{ id: 'default' }, { id: 'strict' }], inputSchema }],
      startRun: () => Promise.reject(new Error('not here')),
    });
    const { page, harness } = browser();
    await browser().show('#/');
    await page.getByText('No runs yet').waitFor();
    await check('an empty list');
    await browser().show('#/new');
    await page.getByRole('button', { name: 'Start run' }).waitFor();
    await check('the form');
    await browser().show('#/runs/nosuchrunnosuchrun0000');
    await page.getByText('There is no such run').waitFor();
    browser().problems = browser().problems.filter((problem) => !problem.includes('404'));
    await check('an unknown run');
    await browser().show('#/file');
    await page.getByText('Choose a file').waitFor();
    await check('the page for files');
    const { id, lead } = await harness.open();
    await harness.decide(id, lead);
    await browser().show('#/');
    await page.getByRole('checkbox').check();
    await check('a list with a choice');
  }, 60_000);

  it('would find a control without a name and text that cannot be read', async () => {
    await begin();
    await browser().show('#/');
    await browser().page.getByText('No runs yet').waitFor();
    await browser().page.evaluate(`document.querySelector('main').append(document.createElement('button'));
      Object.assign(document.querySelector('h1').style, { color: '#ccc', background: 'white' })`);
    expect((await violations()).map((violation) => violation.split(' ', 1)[0])).toEqual(expect.arrayContaining(['button-name', 'color-contrast']));
  });

  it('is small and needs nothing from elsewhere', async () => {
    await begin();
    const { consoleDir } = browser();
    let bytes = 0;
    for (const name of await readdir(consoleDir, { recursive: true })) {
      if (!/\.(js|css|html|svg)$/.test(name)) continue;
      const text = await readFile(join(consoleDir, name));
      bytes += gzipSync(text).length;
      expect((text.toString().match(/https?:\/\/[^"'`\s)]+/g) ?? []).filter((url) => !url.includes('www.w3.org'))).toEqual([]);
    }
    expect(bytes).toBeLessThan(MAX_GZIP_BYTES);
  });
});
