import { InterruptedError } from '../../base/errors.ts';
import { MICROSECONDS } from '../../base/time.ts';
import { type Inspection, inspectReplay } from '../inspection.ts';
import type { Instrument } from '../instrument.ts';
import { TapeReplay } from '../replay.ts';
import { BID, type Side } from '../side.ts';
import { TapeEvents } from '../simulated/fit/tape-events.ts';
import { LostTime } from '../tape/lost-time.ts';
import type { Tape } from '../tape/rows.ts';
import { Distribution } from './distribution.ts';
import { FillTimes } from './fill-times.ts';

/** Grid that the book is sampled on, µs. */
const GRID = 0.1 * MICROSECONDS;
/** Intervals of the signature plot, in grid steps. */
const SIGNATURE = [1, 2, 5, 10, 20, 50, 100, 300, 600];
/** Reference orders are placed this often, in grid steps. */
const PLACE_EVERY = 10;
const SIGN_LAGS = 50;
const DEPTH_LEVELS = 5;
/** Clocks tell a millisecond: orders at the same one are half of it apart. */
const SHORTEST = 0.0005;

/** What is told of a market by those who study one: its stylised facts. */
export interface MarketFacts {
  readonly instrument: Instrument;
  readonly inspection: Inspection;
  /** Spread in ticks, and the best queue and the sum of the best five of a side in base currency, weighted by time. */
  readonly spread: Distribution;
  readonly touch: Distribution;
  readonly depth: Distribution;
  /** Seconds between market orders (trades of one side at one exchange time are one), and between book updates. */
  readonly orderGaps: Distribution;
  readonly updateGaps: Distribution;
  /** Base currency in an order. */
  readonly orderSizes: Distribution;
  readonly orders: number;
  /** Seconds in which the book was known: what orders are counted in. */
  readonly knownSeconds: number;
  /** Autocorrelation of the signs of market orders, 1 to 50 orders apart; null where there are too few, or of one sign only. */
  readonly signCorrelation: readonly (number | null)[];
  /** Root mean square of the mid's change over an interval, per √second, in ticks. */
  readonly signature: readonly { readonly intervalSeconds: number; readonly sigmaTicks: number | null }[];
  /** Seconds until a reference order at the best price filled; Infinity for those that did not within a minute. */
  readonly fillTimes: Distribution;
  readonly fillRatioPct: number | null;
}

export interface FactsOptions {
  readonly signal?: AbortSignal;
  /** Told how far it is, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** Walks a tape three times and collects its facts. Throws an InterruptedError when `signal` aborts. */
export function marketFacts(tape: Tape, options: FactsOptions = {}): MarketFacts {
  const { info } = tape;
  const length = Math.max(1, info.end - info.start);
  const told = (pass: number) => (time: number) => {
    if (options.signal?.aborted) throw new InterruptedError('The comparison was interrupted.');
    options.onProgress?.((pass + (time - info.start) / length) / 3);
  };
  const inspection = inspectReplay(new TapeReplay([tape]), {
    signal: options.signal,
    onProgress: told(0),
    lost: new LostTime(tape),
  });
  const sampled = sampleBook(tape, told(1));
  const flow = orderFlow(tape, told(2));
  return { instrument: info.instrument, inspection, ...sampled, ...flow };
}

function sampleBook(tape: Tape, told: (time: number) => void) {
  const replay = new TapeReplay([tape]);
  const { market } = replay;
  const lost = new LostTime(tape);
  const fills = new FillTimes(market);
  const [spread, touch, depth] = [new Distribution(), new Distribution(), new Distribution()];
  const signature = SIGNATURE.map((steps) => ({ steps, mid: Number.NaN, squares: 0, count: 0 }));
  let interrupted = false;
  market.addListener(fills);
  market.addListener({
    beforeMessage() {},
    onTrade() {},
    onLevel() {},
    onReset() {
      interrupted = true;
    },
    onGap() {
      interrupted = true;
    },
    afterMessage() {},
  });
  for (let time = replay.start, step = 0; ; time += GRID, step++) {
    const more = replay.advanceTo(time);
    const { book, signals, synchronised } = market;
    const known = !lost.covers(time) && synchronised && book.ready && !book.crossed;
    if (interrupted) for (const one of signature) one.mid = Number.NaN;
    interrupted = false;
    if (known) {
      spread.add(book.bestAsk - book.bestBid);
      touch.add(book.bestBidQuantity);
      touch.add(book.bestAskQuantity);
      depth.add(total(signals.bidDepth));
      depth.add(total(signals.askDepth));
      if (step % PLACE_EVERY === 0) fills.place(time);
    }
    for (const one of signature) {
      if (step % one.steps !== 0) continue;
      const mid = known ? book.mid : Number.NaN;
      if (!Number.isNaN(mid - one.mid)) {
        one.squares += (mid - one.mid) ** 2;
        one.count++;
      }
      one.mid = mid;
    }
    if (!more || time >= replay.end) break;
    if (step % 4096 === 0) told(time);
  }
  return {
    spread,
    touch,
    depth,
    fillTimes: fills.times,
    fillRatioPct: fills.times.count > 0 ? (100 * fills.filled) / fills.times.count : null,
    signature: signature.map(({ steps, squares, count }) => {
      const intervalSeconds = (steps * GRID) / MICROSECONDS;
      const enough = count >= 3;
      return { intervalSeconds, sigmaTicks: enough ? Math.sqrt(squares / count / intervalSeconds) : null };
    }),
  };
}

function total(depths: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < DEPTH_LEVELS; i++) sum += depths[i];
  return sum;
}

function orderFlow(tape: Tape, told: (time: number) => void) {
  const [orderGaps, updateGaps, orderSizes] = [new Distribution(), new Distribution(), new Distribution()];
  const recent = new Float64Array(SIGN_LAGS);
  const products = new Float64Array(SIGN_LAGS);
  const counts = new Float64Array(SIGN_LAGS);
  let orders = 0;
  let signs = 0;
  let last = -1;
  let unknown = 0;
  let knownSeconds = 0;
  const { stepSize } = tape.info.instrument;
  const events = new TapeEvents(tape);
  events.walk(
    {
      onTime(seconds) {
        knownSeconds += seconds;
        updateGaps.add(Math.max(SHORTEST, seconds));
      },
      onOrder(time: number, aggressor: Side, quantity: number) {
        // Nobody knows what traded while the book was lost.
        if (events.unknown !== unknown) last = -1;
        unknown = events.unknown;
        if (last >= 0) orderGaps.add(Math.max(SHORTEST, (time - last) / MICROSECONDS));
        last = Math.max(last, time);
        orderSizes.add(quantity * stepSize);
        const sign = aggressor === BID ? 1 : -1;
        for (let lag = 1; lag <= Math.min(SIGN_LAGS, orders); lag++) {
          products[lag - 1] += sign * recent[(orders - lag) % SIGN_LAGS];
          counts[lag - 1]++;
        }
        recent[orders % SIGN_LAGS] = sign;
        signs += sign;
        orders++;
      },
      onChanges() {},
    },
    {},
    told,
  );
  const mean = orders > 0 ? signs / orders : 0;
  const variance = 1 - mean * mean;
  const signCorrelation = Array.from(products, (sum, i) =>
    counts[i] > 0 && variance > 0 ? (sum / counts[i] - mean * mean) / variance : null,
  );
  return { orderGaps, updateGaps, orderSizes, orders, knownSeconds, signCorrelation };
}
