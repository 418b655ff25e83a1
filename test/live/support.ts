import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../live/clock.ts';
import { readMessages } from '../../live/exchange/capture-source.ts';
import type { LocalExchange } from '../../live/exchange/local-exchange.ts';
import { TruthBook } from '../../live/exchange/truth-book.ts';
import { LiveFeed } from '../../live/feed/live-feed.ts';
import type { SymbolFeed } from '../../live/feed/symbol-feed.ts';
import { Recorder } from '../../live/recorder/recorder.ts';
import type { OrderBook } from '../../market/book.ts';
import type { Venue } from '../../market/instrument.ts';
import { ASK, BID, type Side } from '../../market/side.ts';
import { TickGrid } from '../../market/tick-grid.ts';
import { recordings } from '../support/recordings.ts';

/** A capture of the recordings, or null where they are absent. */
export function recording(...path: string[]): string | null {
  const data = recordings();
  const file = data === null ? null : join(data, 'binance', ...path);
  return file !== null && existsSync(file) ? file : null;
}

/** Resolves when the condition holds; fails after `seconds`. */
export async function until(what: string, condition: () => boolean, seconds = 10): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > deadline) assert.fail(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A client of an exchange, for one symbol, and the recorder that keeps what it hears in `folder`. */
export function recordedFeed(
  exchange: LocalExchange,
  symbol: string,
  folder: string,
  clock: Clock,
): { readonly feed: LiveFeed; readonly recorder: Recorder } {
  const { venue } = exchange.survey;
  const recorder = new Recorder({ folder, venue, symbols: [symbol], clock });
  const feed = new LiveFeed({
    venue,
    symbols: [symbol],
    ws: exchange.url,
    rest: exchange.rest,
    trades: 'trade',
    clock,
    onFrame: (frame) => recorder.write(frame),
  });
  return { feed, recorder };
}

/** The book of a capture at an update id, kept apart from every client. */
export async function truthAt(
  captures: readonly string[],
  venue: Venue,
  symbol: string,
  id: number,
): Promise<TruthBook> {
  const truth = new TruthBook(venue);
  for await (const { kind, payload, symbol: of } of readMessages(captures, undefined)) {
    if (of !== symbol && of !== '') continue;
    if (kind === 'snapshot') truth.onSnapshot(payload);
    if (kind === 'depth' && (!truth.known || (payload.u ?? 0) <= id)) truth.onDepth(payload);
  }
  return truth;
}

/** Fails unless a client's book holds the levels of the truth, as far as the client can see, at the same id. */
export function assertSameBook(feed: SymbolFeed, truth: TruthBook): void {
  assert.equal(feed.lastId, truth.lastId);
  const { book } = feed;
  const grid = new TickGrid(feed.instrument.tickSize);
  assert.deepEqual(
    known(book, BID),
    ofTruth(truth.bids, grid, (price) => price >= book.lowestKnownBid),
    'bids',
  );
  assert.deepEqual(
    known(book, ASK),
    ofTruth(truth.asks, grid, (price) => price <= book.highestKnownAsk),
    'asks',
  );
}

function known(book: OrderBook, side: Side): [number, number][] {
  const levels: [number, number][] = [];
  const inside = (price: number): boolean =>
    side === BID ? price >= book.lowestKnownBid : price <= book.highestKnownAsk;
  const { count, prices, quantities } = book.list(side);
  for (let i = 0; i < count; i++) if (inside(prices[i])) levels.push([prices[i], quantities[i]]);
  return levels.sort(([a], [b]) => a - b);
}

function ofTruth(
  levels: ReadonlyMap<string, string>,
  grid: TickGrid,
  inside: (price: number) => boolean,
): [number, number][] {
  return [...levels]
    .map(([price, quantity]): [number, number] => [grid.toTicks(Number(price)), Number(quantity)])
    .filter(([price]) => inside(price))
    .sort(([a], [b]) => a - b);
}

/** Resolves when the exchange has played everything. */
export function played(exchange: LocalExchange): Promise<void> {
  return new Promise((resolve, reject) => {
    exchange.once('ended', resolve);
    exchange.once('error', reject);
  });
}
