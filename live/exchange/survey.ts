import { InputError } from '../../base/errors.ts';
import type { Venue } from '../../market/instrument.ts';
import { CommonStep, QuantityStep } from '../../market/tick-grid.ts';
import { type CapturedMessage, readMessages, type WireLevel } from './capture-source.ts';
import { TruthBook } from './truth-book.ts';

/** Text looked at: enough for hours; what comes later may show a finer tick. */
const SURVEYED = 256 << 20;

/** What a capture holds of a symbol. */
export interface SurveyedSymbol {
  readonly symbol: string;
  readonly tickSize: number;
  readonly stepSize: number;
  readonly trades: boolean;
  readonly aggTrades: boolean;
  /** The book as it first was, for who asks before the session begins; undefined where the capture never gives one. */
  readonly first: TruthBook | undefined;
}

export interface Survey {
  readonly venue: Venue;
  readonly symbols: ReadonlyMap<string, SurveyedSymbol>;
  /** Exchange time of the beginning, µs. */
  readonly start: number;
  readonly messages: number;
}

interface Looking {
  readonly prices: CommonStep;
  readonly quantities: QuantityStep;
  trades: boolean;
  aggTrades: boolean;
  book: TruthBook;
  first: TruthBook | undefined;
}

/** Goes through a capture once, before it is served. Throws an InputError for one that holds no book. */
export async function survey(
  captures: readonly string[],
  snapshots: string | undefined,
  chosenVenue: Venue | undefined,
  signal?: AbortSignal,
): Promise<Survey> {
  const found = new Map<string, Looking>();
  let start = -1;
  let messages = 0;
  let bytes = 0;
  let venue = chosenVenue;
  const unnamed: CapturedMessage[] = [];
  for await (const message of readMessages(captures, snapshots, signal)) {
    messages++;
    bytes += message.text.length;
    venue ??= message.kind === 'depth' ? venueOf(message) : undefined;
    if (start < 0 && message.exchangeTime >= 0) start = message.exchangeTime;
    if (message.symbol === '') unnamed.push(message);
    else look(found, message, venue);
    if (bytes > SURVEYED) break;
  }
  // Snapshots that name no symbol can only be of the one there is.
  if (found.size === 1)
    for (const message of unnamed) look(found, { ...message, symbol: [...found.keys()][0] }, venue);
  if (venue === undefined || ![...found.values()].some(({ first }) => first !== undefined)) {
    throw noBook(captures, found.size > 0);
  }
  return {
    venue,
    symbols: new Map([...found].map(([symbol, seen]) => [symbol, finish(symbol, seen)])),
    start,
    messages,
  };
}

function look(found: Map<string, Looking>, message: CapturedMessage, venue: Venue | undefined): void {
  let seen = found.get(message.symbol);
  if (seen === undefined) {
    const book = new TruthBook(venue ?? 'binance-spot');
    seen = {
      prices: new CommonStep(),
      quantities: new QuantityStep(),
      trades: false,
      aggTrades: false,
      book,
      first: undefined,
    };
    found.set(message.symbol, seen);
  }
  const { kind, payload } = message;
  if (kind === 'trade') seen.trades = true;
  if (kind === 'aggTrade') seen.aggTrades = true;
  if (kind === 'trade' || kind === 'aggTrade') measure(seen, [[payload.p ?? '0', payload.q ?? '0']]);
  if (kind === 'depth') {
    measure(seen, (payload.b ?? []) as readonly WireLevel[]);
    measure(seen, (payload.a ?? []) as readonly WireLevel[]);
  }
  if (kind === 'snapshot') {
    measure(seen, payload.bids ?? []);
    measure(seen, payload.asks ?? []);
  }
  if (seen.first !== undefined) return;
  if (kind === 'depth') seen.book.onDepth(payload);
  if (kind === 'snapshot') seen.book.onSnapshot(payload);
  if (seen.book.known) seen.first = seen.book;
}

function measure(seen: Looking, levels: readonly WireLevel[]): void {
  for (const [price, quantity] of levels) {
    if (Number(price) > 0) seen.prices.add(Number(price));
    if (Number(quantity) > 0) seen.quantities.add(Number(quantity));
  }
}

function finish(symbol: string, seen: Looking): SurveyedSymbol {
  const { prices, quantities, trades, aggTrades, first } = seen;
  return { symbol, tickSize: prices.value || 1, stepSize: quantities.value, trades, aggTrades, first };
}

function venueOf({ payload }: CapturedMessage): Venue {
  return payload.pu === undefined ? 'binance-spot' : 'binance-usdm';
}

function noBook(captures: readonly string[], anything: boolean): InputError {
  return new InputError({
    code: 'no-book',
    message: `${captures.join(', ')} cannot be served: ${anything ? 'no snapshot of a book is in it' : 'it holds no market data'}.`,
    field: 'capture',
    value: captures.join(', '),
    expected: 'depth updates and a REST snapshot that connects to them',
    hint: 'Give the file with the snapshot by --snapshot, or the capture before this one first.',
  });
}
