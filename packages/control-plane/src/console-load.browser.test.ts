import { describe, expect, it } from 'vitest';
import { ConsolePage, NO_BROWSER } from './browser.test.support.js';

const PARTICIPANTS = Array.from({ length: 20 }, (_, index) => (index === 0 ? 'risk-agent' : `agent-${String(index).padStart(2, '0')}`));
const ENVELOPES = 2_000;

/** Frame after frame of one action each, in the page: the times between them in milliseconds, ascending. */
const frames = (action: string): string => `(async () => {
  const times = [];
  let last = performance.now();
  for (let step = 0; step < 40; step += 1) {
    ${action};
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - last);
    last = performance.now();
  }
  return times.sort((left, right) => left - right);
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
    const send = async (): Promise<void> => {
      for (let sent = 2; sent < ENVELOPES;) {
        const round = voices.slice(0, ENVELOPES - sent);
        await Promise.all(round.map((voice) => voice.evaluate({ proposalId: 'p1', recommendation: 'REVIEW', confidence: 0.5, reason: `after ${sent}` })));
        sent += round.length;
      }
    };
    const sending = send();
    const watched = await page.evaluate<number[]>(WATCH);
    await sending;
    await page.locator('.scrub-label', { hasText: /^(20\d\d)\/\1$/ }).waitFor({ timeout: 20_000 });
    expect((await harness.run(id)).lastOrdinal).toBe(ENVELOPES);
    expect(await page.locator('.lane-names li').count()).toBe(20);
    // Only what is in view is in the page.
    expect(await page.locator('.envelope').count()).toBeLessThan(80);
    const measured = { watched, stepped: await page.evaluate<number[]>(STEP), scrubbed: await page.evaluate<number[]>(SCRUB) };
    for (const [what, times] of Object.entries(measured)) {
      // One frame is 17 ms; the machine of a test does other things too.
      expect(times[times.length >> 1], `median of ${what}`).toBeLessThan(60);
      expect(times.at(-3), `slow frames of ${what}`).toBeLessThan(250);
    }
  }, 90_000);
});
