import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { ShadowMonitor } from '../../../live/monitor/shadow-monitor.ts';
import { ManualClock } from '../../support/accelerated-clock.ts';
import { CHROMIUM_ARGUMENTS, chromiumPath } from '../../support/chromium.ts';
import { FakeStatus } from './fake-status.ts';

describe('live page in a browser', function () {
  this.timeout(120_000);
  let browser: Browser;
  let clock: ManualClock;
  let monitor: ShadowMonitor;
  let status: FakeStatus;
  let troubles: string[];

  before(async function () {
    const executablePath = chromiumPath();
    if (executablePath === null) {
      console.log('      no Chromium here: install one, or name it in MAKERGYM_CHROMIUM, to run these tests');
      this.skip();
      return;
    }
    const { chromium } = await import('playwright-core');
    browser = await chromium.launch({ executablePath, args: [...CHROMIUM_ARGUMENTS] });
  });
  after(() => browser?.close());

  beforeEach(async () => {
    clock = new ManualClock();
    monitor = await ShadowMonitor.start({ listen: { port: 0 }, info: {}, clock });
    status = new FakeStatus();
    status.advance();
    monitor.watch(status);
    troubles = [];
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    await monitor.close();
  });

  async function open(options: { width?: number; scheme?: 'light' | 'dark' } = {}): Promise<Page> {
    const page = await browser.newPage({
      viewport: { width: options.width ?? 1366, height: 850 },
      colorScheme: options.scheme ?? 'light',
    });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') troubles.push(message.text());
    });
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(monitor.url ?? 'none')) troubles.push(`asked for ${request.url()}`);
    });
    await page.goto(monitor.url ?? '');
    await says(page, 'state', 'live');
    return page;
  }

  /** Waits until the page says of itself that it has come so far. */
  const says = (page: Page, name: 'state' | 'updates', value: string): Promise<void> =>
    page.locator(`html[data-${name}="${value}"]`).waitFor({ state: 'attached' });

  const updatesOf = (page: Page): Promise<number> =>
    page.evaluate('Number(document.documentElement.dataset.updates ?? 0)');

  /** Lets decisions pass, a tenth of a second each, and waits until the page has been told of every one. */
  async function play(page: Page, count: number): Promise<void> {
    const before = await updatesOf(page);
    for (let i = 1; i <= count; i++) {
      const fill = status.advance();
      if (fill !== undefined) monitor.onFill(fill);
      monitor.onDecision(status, 42);
      clock.advance(100);
      await says(page, 'updates', String(before + i));
    }
    // What it was told is drawn with the next frame.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  }

  const text = (page: Page, selector: string): Promise<string> => page.locator(selector).innerText();
  const price = (ticks: number): string => (ticks / 100).toFixed(2);

  it('gets every update that is sent, ten a second, and shows the last one without an error', async () => {
    const page = await open();
    const began = clock.now();
    await play(page, 30);
    assert.equal(await updatesOf(page), 30);
    assert.equal((clock.now() - began) / 1e6, 3);
    assert.equal(await text(page, '#symbol'), 'BTCUSDT');
    assert.match(await text(page, '#mid'), new RegExp(`^${(status.book.mid / 100).toFixed(3)}$`));
    assert.equal(await text(page, '#decisions'), `${status.decisions} decisions`);
    assert.equal(await text(page, '#orders'), String(status.orders));
    assert.match(await text(page, '#drift-sum'), /^1 of 3 alarmed$/);
    assert.deepEqual(troubles, []);
  });

  it('the ladder shows the book, and our quotes at their prices with size and queue', async () => {
    const page = await open();
    await play(page, 5);
    const own = await page.locator('.ladder tr.own').allInnerTexts();
    const cells = own.map((row) => row.split(/\s*\t\s*/));
    assert.deepEqual(
      cells.map(([at, , ours]) => [at, ours]),
      [
        [price(status.ask.price), '1.00'],
        [price(status.bid.price), '1.00 / 0.50000'],
      ],
    );
    const bids = await page.locator('#bids .price').allInnerTexts();
    assert.deepEqual(
      bids,
      Array.from({ length: 10 }, (_, i) => price(status.book.bestBid - i)),
    );
    assert.equal((await page.locator('#asks .price').allInnerTexts()).at(-1), price(status.book.bestAsk));
    status.synchronised = false;
    await play(page, 1);
    assert.equal(await text(page, '#book'), 'book unknown');
    assert.equal(await page.locator('.ladder tr.own').count(), 0);
    assert.deepEqual(troubles, []);
  });

  it('charts are drawn: mid, quotes, inventory, profit', async () => {
    const page = await open();
    await play(page, 25);
    for (const id of ['quotes-chart', 'inventory-chart', 'pnl-chart']) {
      const colours = await page.evaluate(`(() => {
        const { width, height } = document.getElementById('${id}');
        const { data } = document.getElementById('${id}').getContext('2d').getImageData(0, 0, width, height);
        const seen = new Set();
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) seen.add(data.slice(i, i + 3).join());
        return seen.size;
      })()`);
      assert.ok((colours as number) >= 3, `${id} is empty`);
    }
    await page.locator('#short').click();
    assert.equal(await page.locator('#short').getAttribute('aria-pressed'), 'true');
    assert.deepEqual(troubles, []);
  });

  it('nothing moves while figures do', async () => {
    const page = await open();
    await play(page, 12);
    const boxes = `[...document.querySelectorAll('header, .pill, .card, canvas, .ladder td, .tile b, .facts li, #drift td')]
      .map((each) => { const { x, y, width, height } = each.getBoundingClientRect(); return [x, y, width, height]; })`;
    const before = await page.evaluate(boxes);
    assert.ok((before as unknown[]).length > 100);
    status.decider = 'none';
    status.quote.bidQuantity = 0;
    status.equity = -123456.789;
    status.counters.messages = 987_654_321;
    monitor.onFallback({
      time: status.time,
      from: 'policy',
      to: 'none',
      reasons: ['stale-book', 'round-trip'],
    });
    status.drift[0] = { ...status.drift[0], alarmed: true, level: 'alarm' };
    await play(page, 25);
    assert.deepEqual(await page.evaluate(boxes), before);
  });

  for (const [width, scheme] of [
    [1366, 'dark'],
    [390, 'light'],
  ] as const) {
    it(`fits ${width} px, ${scheme}`, async () => {
      const page = await open({ width, scheme });
      await play(page, 12);
      const wide = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      assert.ok((wide as number) <= 0, 'it must not scroll sideways');
      const clipped = await page.evaluate(
        `[...document.querySelectorAll('.tile b, .ladder td, .facts b, .drift td:not(:first-child)')]
          .filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0 &&
            getComputedStyle(each).display !== 'inline')
          .map((each) => each.textContent)`,
      );
      assert.deepEqual(clipped, [], 'no figure is cut off');
      const dark = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      assert.equal(dark, scheme === 'dark' ? 'rgb(15, 20, 25)' : 'rgb(245, 247, 249)');
      assert.deepEqual(troubles, []);
    });
  }

  it('says that it lost the session, and finds the next one by itself', async () => {
    const page = await open();
    await play(page, 3);
    const { port } = new URL(monitor.url ?? '');
    await monitor.close();
    await says(page, 'state', 'lost');
    assert.equal(await text(page, '#link'), 'reconnecting');
    monitor = await ShadowMonitor.start({ listen: { port: Number(port) }, info: {}, clock });
    status = new FakeStatus();
    monitor.watch(status);
    await says(page, 'state', 'live');
    await play(page, 2);
    assert.equal(await text(page, '#decisions'), '2 decisions');
  });
});
