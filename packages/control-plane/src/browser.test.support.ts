import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { Harness } from './harness.test.support.js';
import type { ControlPlaneOptions } from './start-control-plane.js';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));

/** In CI a missing browser is a failure, not a skip. */
export const NO_BROWSER = executablePath === undefined && process.env['CI'] !== 'true';

/** One test's server and page. Everything that goes wrong in the page, and every request to elsewhere, fails the test at its end. */
export class ConsolePage {
  readonly consoleDir: string;
  readonly #browser: Browser;
  problems: string[] = [];
  #harness: Harness | undefined;
  #page: Page | undefined;

  private constructor(browser: Browser, consoleDir: string) {
    this.#browser = browser;
    this.consoleDir = consoleDir;
  }

  /** Builds the console and registers the hooks of a describe block; the result is there once its tests run. */
  static use(): () => ConsolePage {
    let consolePage: ConsolePage;
    beforeAll(async () => {
      const consoleDir = await mkdtemp(join(tmpdir(), 'macp-console-'));
      await build({ configFile: fileURLToPath(new URL('../console/vite.config.ts', import.meta.url)), logLevel: 'silent', build: { outDir: consoleDir } });
      const browser = await chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: ['--no-sandbox'] });
      consolePage = new ConsolePage(browser, consoleDir);
    }, 60_000);
    beforeEach(() => {
      consolePage.problems = [];
    });
    afterEach(() => consolePage.#end());
    afterAll(async () => {
      await consolePage.#browser.close();
      await rm(consolePage.consoleDir, { recursive: true });
    });
    return () => consolePage;
  }

  get harness(): Harness {
    if (this.#harness === undefined) throw new Error('begin() comes first');
    return this.#harness;
  }

  get page(): Page {
    if (this.#page === undefined) throw new Error('begin() comes first');
    return this.#page;
  }

  async begin(options: Partial<ControlPlaneOptions> = {}, participants?: readonly string[]): Promise<void> {
    const harness = (this.#harness = await Harness.start({}, { consoleDir: this.consoleDir, ...options }, participants));
    const page = (this.#page = await this.#browser.newPage({ viewport: { width: 1280, height: 720 }, reducedMotion: 'reduce' }));
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => {
      // A server that is away on purpose shows in the browser's own log as well.
      if (message.type() === 'error' && !message.text().includes('ERR_CONNECTION_REFUSED')) this.problems.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(harness.plane.url) && !request.url().startsWith('blob:')) this.problems.push(`foreign request ${request.url()}`);
    });
  }

  /** Opens a part of the console anew. */
  async show(hash: string): Promise<void> {
    await this.page.goto('about:blank');
    await this.page.goto(new URL(hash, this.harness.plane.url).href);
  }

  async #end(): Promise<void> {
    await this.#page?.close();
    await this.#harness?.close();
    this.#page = undefined;
    this.#harness = undefined;
    if (this.problems.length > 0) throw new Error(`the page had problems: ${this.problems.join('; ')}`);
  }
}
