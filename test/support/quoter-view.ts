import type { OwnQuote, QuoterContext, QuoterView } from '../../env/quoter.ts';
import type { BookView } from '../../market/book.ts';
import type { Instrument } from '../../market/instrument.ts';
import { BID } from '../../market/side.ts';
import type { SignalView } from '../../market/signal-view.ts';

export const INSTRUMENT: Instrument = {
  venue: 'binance-spot',
  symbol: 'BTCUSDT',
  tickSize: 0.01,
  stepSize: 0.00001,
};

/** What a test says about the moment of a decision; everything else is calm: σ 1 tick/√s, no flow, no own orders. */
export interface Moment {
  readonly time?: number;
  readonly bestBid?: number;
  readonly bestAsk?: number;
  readonly bookReady?: boolean;
  readonly synchronised?: boolean;
  /** Of now where absent. */
  readonly bookTime?: number;
  readonly signals?: Partial<SignalView>;
  readonly inventory?: number;
  readonly bid?: Partial<OwnQuote>;
  readonly ask?: Partial<OwnQuote>;
  readonly ackP99Ms?: number;
  readonly timeToClose?: number;
  readonly cancellingBid?: number;
  readonly cancellingAsk?: number;
}

export function quoterContext(changes: Partial<QuoterContext> = {}): QuoterContext {
  return {
    instrument: INSTRUMENT,
    lot: 0.001,
    maxInventory: 10,
    decisionInterval: 100_000,
    seed: 1,
    ...changes,
  };
}

/** A view of a two-level market at one moment. */
export function quoterView(moment: Moment = {}): QuoterView {
  const { bestBid = 99, bestAsk = 101 } = moment;
  const mid = (bestBid + bestAsk) / 2;
  const book: BookView = {
    ready: moment.bookReady ?? true,
    bestBid,
    bestAsk,
    bestBidQuantity: 1,
    bestAskQuantity: 1,
    mid,
    quantityAt: (side, price) => (price === (side === BID ? bestBid : bestAsk) ? 1 : 0),
    top: (side, count, prices, quantities) => {
      if (count < 1) return 0;
      prices[0] = side === BID ? bestBid : bestAsk;
      quantities[0] = 1;
      return 1;
    },
    crossed: bestBid >= bestAsk,
  };
  const time = moment.time ?? 1_700_000_000_000_000;
  return {
    market: {
      time,
      book,
      signals: { ...calmSignals(mid), ...moment.signals },
      synchronised: moment.synchronised ?? true,
      bookTime: moment.bookTime ?? time,
    },
    inventory: moment.inventory ?? 0,
    equity: 0,
    bid: { ...NO_QUOTE, ...moment.bid },
    ask: { ...NO_QUOTE, ...moment.ask },
    ackP99Ms: moment.ackP99Ms ?? 20,
    timeToClose: moment.timeToClose ?? Number.POSITIVE_INFINITY,
    cancellingBid: moment.cancellingBid ?? 0,
    cancellingAsk: moment.cancellingAsk ?? 0,
  };
}

const NO_QUOTE: OwnQuote = { active: false, price: 0, remaining: 0, queueAhead: Number.NaN, age: 0 };

function calmSignals(mid: number): SignalView {
  return {
    ready: true,
    mid,
    micropriceOffset: 0,
    midChange50ms: 0,
    midChange250ms: 0,
    midChange1s: 0,
    midChange10s: 0,
    logReturn1s: 0,
    logReturn10s: 0,
    logReturn60s: 0,
    sigma: 1,
    sigma1s: 1,
    sigma10s: 1,
    sigma1m: 1,
    sigma10m: 1,
    ofi500ms: 0,
    ofi1s: 0,
    ofi3s: 0,
    ofiZ1s: 0,
    ofiZ3s: 0,
    depthImbalanceRaw: 0,
    depthImbalance: 0,
    bookFlow1s: 0,
    bookFlow10s: 0,
    bookFlowTotal: 0,
    buyCount1s: 0,
    sellCount1s: 0,
    buyCount3s: 0,
    sellCount3s: 0,
    buyVolume1s: 0,
    sellVolume1s: 0,
    buyVolume3s: 0,
    sellVolume3s: 0,
    bidDepth: new Float64Array(5),
    askDepth: new Float64Array(5),
    bidDistance: new Float64Array(5),
    askDistance: new Float64Array(5),
    bidSlope: 0,
    askSlope: 0,
  };
}
