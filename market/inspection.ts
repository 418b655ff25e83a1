import { InterruptedError } from '../base/errors.ts';
import { MICROSECONDS } from '../base/time.ts';
import type { MarketListener, MarketView } from './market.ts';
import { PairMoments, type Regression, type Relevance, RelevanceTest } from './relevance.ts';
import { BID, type Side } from './side.ts';
import type { SignalView } from './signal-view.ts';

/** Signals whose relevance is tested, as the agents see them. */
const TESTED: readonly (readonly [name: string, read: (signals: SignalView) => number])[] = [
  ['ofi1s', (s) => s.ofi1s],
  ['ofi3s', (s) => s.ofi3s],
  ['ofiZ1s', (s) => s.ofiZ1s],
  ['depthImbalance', (s) => s.depthImbalance],
  ['micropriceOffset', (s) => s.micropriceOffset],
  ['bookFlow1s', (s) => s.bookFlow1s],
  ['midChange1s', (s) => s.midChange1s],
];
const RELEVANCE_HORIZONS = [0.5, 1, 2, 3];
const REGRESSION_HORIZONS = [1, 5, 10];
/** Grid that everything is sampled on; each horizon is a multiple of it. */
const GRID = 0.5 * MICROSECONDS;
const DEPTH_LEVELS = 5;

/** The part of a replay that an inspection needs. */
export interface InspectedReplay {
  readonly market: MarketView & {
    addListener(listener: MarketListener): void;
    removeListener(listener: MarketListener): void;
  };
  readonly start: number;
  readonly end: number;
  advanceTo(time: number): boolean;
}

export interface Inspection {
  readonly durationSeconds: number;
  readonly messages: number;
  readonly trades: number;
  readonly gaps: number;
  readonly volume: number;
  /** Correlation of a trade's sign (bought +1, sold −1) with that of the trade before. */
  readonly tradeSignAutocorrelation: number | null;
  /** Share of the time in which the book was known. */
  readonly synchronisedPct: number;
  /** Best ask − best bid, weighted by time. */
  readonly spreadTicks: {
    readonly mean: number | null;
    readonly p50: number | null;
    readonly p99: number | null;
  };
  /** Share of time, in percent, that the spread was 1, 2, 3 ticks and more. */
  readonly spreadSharePct: readonly { readonly ticks: string; readonly pct: number }[];
  /** Mean displayed quantity of the best five levels, and their mean distance from mid, sampled every half second. */
  readonly depth: readonly {
    readonly level: number;
    readonly bidQuantity: number | null;
    readonly askQuantity: number | null;
    readonly bidDistanceTicks: number | null;
    readonly askDistanceTicks: number | null;
  }[];
  /** Root mean square of mid changes over an interval, per √second. */
  readonly volatility: readonly { readonly intervalSeconds: number; readonly sigmaTicks: number | null }[];
  readonly signals: readonly Relevance[];
  /** Contemporaneous regression of the mid's change on Σ e_n, intervals that do not overlap; slope in ticks per unit
   * of base currency. */
  readonly ofiRegression: readonly ({ readonly horizonSeconds: number } & Regression)[];
}

export interface InspectionOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (time: number) => void;
  /** Time that is not sampled, beside that in which the book is not known: see `LostTime`. */
  readonly lost?: { covers(time: number): boolean };
}

/** Walks a replay to its end and measures the market in it. Throws an InterruptedError when `signal` aborts. */
export function inspectReplay(replay: InspectedReplay, options: InspectionOptions = {}): Inspection {
  const { market } = replay;
  const watch = new Watch(market);
  const depth = new DepthMeans();
  const relevance = RELEVANCE_HORIZONS.map((seconds) => new RelevanceSampler(seconds));
  const regressions = REGRESSION_HORIZONS.map((seconds) => new RegressionSampler(seconds));
  market.addListener(watch);
  try {
    let step = 0;
    for (let time = replay.start; ; time += GRID) {
      const more = replay.advanceTo(time);
      const lost = options.lost?.covers(time) === true;
      const known = !lost && market.synchronised && market.book.ready && !market.book.crossed;
      if (known) depth.observe(market.signals);
      for (const sampler of relevance) sampler.sample(step, market, known, watch.breaks);
      for (const sampler of regressions) sampler.sample(step, market, known, watch.breaks);
      step++;
      if (!more || time >= replay.end) break;
      if (step % 512 !== 0) continue;
      options.onProgress?.(time);
      if (options.signal?.aborted) throw new InterruptedError('Inspection was interrupted.');
    }
  } finally {
    market.removeListener(watch);
  }
  return {
    durationSeconds: (replay.end - replay.start) / MICROSECONDS,
    ...watch.result(replay.end - replay.start),
    depth: depth.result(),
    volatility: regressions.map((sampler) => sampler.volatility()),
    signals: relevance.flatMap((sampler) => sampler.results()),
    ofiRegression: regressions.map((sampler) => sampler.result()),
  };
}

/** Counts what happens and weighs each spread by how long it stood. */
class Watch implements MarketListener {
  readonly #market: MarketView;
  /** Microseconds that each spread stood. */
  readonly #spreads = new Map<number, number>();
  /** Gaps and resets: a sample across one is no sample. */
  breaks = 0;
  #messages = 0;
  #trades = 0;
  #volume = 0;
  #lastSign = 0;
  readonly #signs = new PairMoments();
  #gaps = 0;
  #since = 0;
  #spread = 0;
  /** The message changed the book; and the time of the last one of any kind. */
  #moved = false;
  #time = 0;

  constructor(market: MarketView) {
    this.#market = market;
  }

  beforeMessage(): void {}

  onLevel(): void {
    this.#moved = true;
  }

  onTrade(_price: number, quantity: number, aggressor: Side): void {
    this.#trades++;
    this.#volume += quantity;
    const sign = aggressor === BID ? 1 : -1;
    if (this.#lastSign !== 0) this.#signs.observe(this.#lastSign, sign);
    this.#lastSign = sign;
  }

  onReset(): void {
    this.#lose();
  }

  onGap(): void {
    // A tape that begins before its first snapshot begins with a gap row, where nothing was lost.
    if (this.#spread > 0) this.#gaps++;
    this.#lose();
  }

  /** What stood since the last message stood unheard. */
  #lose(): void {
    this.#spread = 0;
    this.#moved = true;
    this.breaks++;
  }

  afterMessage(time: number): void {
    this.#messages++;
    this.#time = time;
    // Only what moves the book tells that it was heard of until now: a trade may come after a pause.
    if (!this.#moved) return;
    this.#moved = false;
    this.#weigh();
    const { book, synchronised } = this.#market;
    this.#spread = synchronised && book.ready ? book.bestAsk - book.bestBid : 0;
    this.#since = time;
  }

  #weigh(): void {
    if (this.#spread <= 0) return;
    this.#spreads.set(this.#spread, (this.#spreads.get(this.#spread) ?? 0) + this.#time - this.#since);
  }

  result(duration: number) {
    this.#weigh();
    this.#since = this.#time;
    const spreads = [...this.#spreads].sort((a, b) => a[0] - b[0]);
    const total = spreads.reduce((sum, [, time]) => sum + time, 0);
    const share = (accept: (ticks: number) => boolean) =>
      (100 * spreads.filter(([ticks]) => accept(ticks)).reduce((sum, [, time]) => sum + time, 0)) /
      (total || 1);
    return {
      messages: this.#messages,
      trades: this.#trades,
      volume: this.#volume,
      tradeSignAutocorrelation: this.#signs.correlation,
      gaps: this.#gaps,
      synchronisedPct: duration > 0 ? Math.min(100, (100 * total) / duration) : 0,
      spreadTicks: {
        mean: total > 0 ? spreads.reduce((sum, [ticks, time]) => sum + ticks * time, 0) / total : null,
        p50: timeQuantile(spreads, 0.5 * total),
        p99: timeQuantile(spreads, 0.99 * total),
      },
      spreadSharePct: [
        { ticks: '1', pct: share((ticks) => ticks === 1) },
        { ticks: '2', pct: share((ticks) => ticks === 2) },
        { ticks: '3', pct: share((ticks) => ticks === 3) },
        { ticks: '4+', pct: share((ticks) => ticks > 3) },
      ],
    };
  }
}

function timeQuantile(sorted: readonly (readonly [number, number])[], target: number): number | null {
  let time = 0;
  for (const [value, weight] of sorted) {
    time += weight;
    if (time >= target) return value;
  }
  return null;
}

/** Means of the displayed depth. */
class DepthMeans {
  /** Sums of quantity and distance by side and level, and how often the level was there. */
  readonly #sums = new Float64Array(6 * DEPTH_LEVELS);

  observe(signals: SignalView): void {
    this.#side(0, signals.bidDepth, signals.bidDistance);
    this.#side(1, signals.askDepth, signals.askDistance);
  }

  #side(side: number, quantities: Float64Array, distances: Float64Array): void {
    for (let i = 0; i < DEPTH_LEVELS; i++) {
      if (quantities[i] === 0) continue;
      const at = (side * DEPTH_LEVELS + i) * 3;
      this.#sums[at] += quantities[i];
      this.#sums[at + 1] += distances[i];
      this.#sums[at + 2]++;
    }
  }

  result(): Inspection['depth'] {
    const mean = (side: number, level: number, what: number) => {
      const at = (side * DEPTH_LEVELS + level) * 3;
      return this.#sums[at + 2] > 0 ? this.#sums[at + what] / this.#sums[at + 2] : null;
    };
    return Array.from({ length: DEPTH_LEVELS }, (_, i) => ({
      level: i + 1,
      bidQuantity: mean(0, i, 0),
      askQuantity: mean(1, i, 0),
      bidDistanceTicks: mean(0, i, 1),
      askDistanceTicks: mean(1, i, 1),
    }));
  }
}

/** Samples intervals of one length that follow each other; one in which the book was not known throughout is left out. */
abstract class IntervalSampler {
  protected readonly seconds: number;
  readonly #steps: number;
  #open = false;
  #breaks = 0;

  constructor(seconds: number) {
    this.seconds = seconds;
    this.#steps = Math.round((seconds * MICROSECONDS) / GRID);
  }

  sample(step: number, market: MarketView, known: boolean, breaks: number): void {
    if (step % this.#steps !== 0) return;
    if (this.#open && known && breaks === this.#breaks) this.close(market);
    this.#open = known;
    this.#breaks = breaks;
    if (known) this.open(market);
  }

  protected abstract open(market: MarketView): void;
  protected abstract close(market: MarketView): void;
}

class RelevanceSampler extends IntervalSampler {
  readonly #tests = TESTED.map(([name]) => new RelevanceTest(name, this.seconds));
  readonly #values = new Float64Array(TESTED.length);
  #mid = 0;

  protected open({ signals, book }: MarketView): void {
    this.#mid = book.mid;
    for (let i = 0; i < TESTED.length; i++) this.#values[i] = TESTED[i][1](signals);
  }

  protected close({ book }: MarketView): void {
    for (let i = 0; i < TESTED.length; i++) this.#tests[i].observe(this.#values[i], book.mid - this.#mid);
  }

  results(): Relevance[] {
    return this.#tests.map((test) => test.result());
  }
}

class RegressionSampler extends IntervalSampler {
  readonly #moments = new PairMoments();
  #mid = 0;
  #flow = 0;
  #squares = 0;

  protected open({ signals, book }: MarketView): void {
    this.#mid = book.mid;
    this.#flow = signals.bookFlowTotal;
  }

  protected close({ signals, book }: MarketView): void {
    const move = book.mid - this.#mid;
    this.#squares += move * move;
    this.#moments.observe(signals.bookFlowTotal - this.#flow, move);
  }

  volatility() {
    const { n } = this.#moments;
    const sigmaTicks = n > 0 ? Math.sqrt(this.#squares / n / this.seconds) : null;
    return { intervalSeconds: this.seconds, sigmaTicks };
  }

  result() {
    return { horizonSeconds: this.seconds, ...this.#moments.regression };
  }
}
