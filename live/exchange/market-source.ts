import { BinanceWire } from '../../market/simulated/binance-wire.ts';
import type { MarketSource } from '../../market/simulated/open-market.ts';
import type { SimulatedMarket } from '../../market/simulated/simulated-market.ts';
import { type CapturedMessage, type ExchangeSource, parseMessage } from './capture-source.ts';
import type { Survey } from './survey.ts';
import { TruthBook } from './truth-book.ts';

/**
 * A simulated market as a local exchange's source: the messages that a capture of it would hold, without end and in
 * constant memory, made as they are asked for. The same seed gives the same messages each time.
 */
export function marketSource(market: MarketSource, seed: number): ExchangeSource {
  return {
    async survey(): Promise<Survey> {
      const { instrument, startTime } = market.create(seed);
      const { venue, symbol, tickSize, stepSize } = instrument;
      const first = new TruthBook(venue);
      const [snapshot] = firstMessages(market.create(seed), seed);
      first.onSnapshot(snapshot.payload);
      return {
        venue,
        symbols: new Map([[symbol, { symbol, tickSize, stepSize, trades: true, aggTrades: false, first }]]),
        start: startTime,
        messages: Number.POSITIVE_INFINITY,
      };
    },
    messages: () => endless(market.create(seed), seed),
  };
}

/** The snapshot that a market begins with. */
function firstMessages(market: SimulatedMarket, seed: number): readonly CapturedMessage[] {
  const written: CapturedMessage[] = [];
  wireOf(market, seed, written);
  return written;
}

async function* endless(market: SimulatedMarket, seed: number): AsyncGenerator<CapturedMessage> {
  const written: CapturedMessage[] = [];
  const wire = wireOf(market, seed, written);
  for (;;) {
    for (const message of written) yield message;
    written.length = 0;
    market.next(wire);
  }
}

function wireOf(market: SimulatedMarket, seed: number, written: CapturedMessage[]): BinanceWire {
  const { symbol } = market.instrument;
  return new BinanceWire(market, seed, (line) => {
    const space = line.indexOf(' ');
    const message = parseMessage(line.slice(space + 1, -1), Number(line.slice(0, space)), '');
    if (message !== undefined) written.push({ ...message, symbol });
  });
}
