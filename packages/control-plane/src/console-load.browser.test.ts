import { describe, expect, it } from 'vitest';
import { ConsolePage, NO_BROWSER } from './browser.test.support.js';

const PARTICIPANTS = Array.from({ length: 20 }, (_, index) => (index === 0 ? 'risk-agent' : `agent-${String(index).padStart(2, '0')}`));
const ENVELOPES = 2_000;

const FRAMES = 40;

/** Frame after frame of one action each, in the page. */
const frames = (action: string): string => `(async () => {
  for (let step = 0; step < ${FRAMES}; step += 1) {
    ${action};
    await new Promise(requestAnimationFrame);
  }
})()`;
const STEP = frames(`dispatchEvent(new KeyboardEvent('keydown', { key: step % 3 === 0 ? 'k' : 'j' }))`);
const SCRUB = frames(`{
  const range = document.querySelector('input[type=range]');
  range.value = String((step * 397) % Number(range.max));
  range.dispatchEvent(new InputEvent('input', { bubbles: true }));
}`);
const WATCH = frames('');

describe.skipIf(NO_BROWSER)('the console under load in chromium (skipped where chromium is not installed)', () => {
  const browser = ConsolePage.use();

  it('stays smooth with 20 participants and 2 000 envelopes: while they come, from row to row, and while scrubbing', async () => {
    await browser().begin({}, PARTICIPANTS);
    const { harness, page } = browser();
    const { id } = await harness.open(600_000);
    await browser().show(`#/runs/${id}`);
    await page.getByText('● live').waitFor();
    const voices = PARTICIPANTS.slice(1).map((sender) => harness.session(sender, id));
    const devtools = await page.context().newCDPSession(page);
    // Processor time of the page's own thread: what a frame takes by the clock says more about what else the machine does.
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    const spentMs = async (): Promise<number> => {
      const { metrics } = await devtools.send('Performance.getMetrics');
      return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
    };
    const frameMs = async (action: string): Promise<number> => {
      const before = await spentMs();
      await page.evaluate(action);
      return ((await spentMs()) - before) / FRAMES;
    };
    const send = async (): Promise<void> => {
      for (let sent = 2; sent < ENVELOPES;) {
        const round = voices.slice(0, ENVELOPES - sent);
        await Promise.all(round.map((voice) => voice.evaluate({ proposalId: 'p1', recommendation: 'REVIEW', confidence: 0.5, reason: `after ${sent}` })));
        sent += round.length;
      }
    };
    const sending = send();
    const watched = await frameMs(WATCH);
    await sending;
    await page.locator('.scrub-label', { hasText: /^(20\d\d)\/\1$/ }).waitFor({ timeout: 20_000 });
    expect((await harness.run(id)).lastOrdinal).toBe(ENVELOPES);
    expect(await page.locator('.lane-names li').count()).toBe(20);
    // Only what is in view is in the page.
    expect(await page.locator('.envelope').count()).toBeLessThan(80);
    expect(watched, 'a frame while they come').toBeLessThan(30);
    expect(await frameMs(STEP), 'a frame from row to row').toBeLessThan(30);
    expect(await frameMs(SCRUB), 'a frame while scrubbing far and wide').toBeLessThan(70);
  }, 90_000);
});
