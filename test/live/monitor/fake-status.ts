import { stream } from '../../../base/random.ts';
import type { Fill } from '../../../env/exchange/models.ts';
import { emptyQuote, type OwnQuote, type QuoterView } from '../../../env/quoter.ts';
import { ClockEstimator } from '../../../live/feed/clock-estimator.ts';
import { newCounters } from '../../../live/feed/events.ts';
import type { Decider, FallbackReason, FeatureDrift, ShadowStatus } from '../../../live/shadow/status.ts';
import { DECIDERS, FALLBACK_REASONS } from '../../../live/shadow/status.ts';
import { OrderBook } from '../../../market/book.ts';
import { ASK, BID } from '../../../market/side.ts';
import { INSTRUMENT, quoterView } from '../../support/quoter-view.ts';

interface Own {
  active: boolean;
  price: number;
  remaining: number;
  queueAhead: number;
  age: number;
}

const counts = <K extends string>(names: readonly K[]): Record<K, number> =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;

/** A shadow session that does what a test says: the mid walks, our quotes follow, everything may be set. */
export class FakeStatus implements ShadowStatus {
  readonly instrument = INSTRUMENT;
  policy = 'sac 1f3a…';
  startedAt = 1_700_000_000_000_000;
  readonly book = new OrderBook();
  time = 1_700_000_000_000_000;
  synchronised = true;
  inventory = 0;
  equity = 0;
  readonly bid: Own = { active: true, price: 0, remaining: 1, queueAhead: 0.5, age: 1000 };
  readonly ask: Own = { active: true, price: 0, remaining: 1, queueAhead: Number.NaN, age: 1000 };
  readonly quote = emptyQuote();
  decider: Decider = 'policy';
  decisions = 0;
  readonly decisionsBy = counts<Decider>(DECIDERS);
  readonly fallbacks = counts<FallbackReason>(FALLBACK_REASONS);
  readonly interventions: Record<string, number> = counts(['latency', 'offset', 'spread', 'inventory']);
  readonly counters = newCounters();
  readonly clock = new ClockEstimator();
  bookTime = Number.NaN;
  bookLag = Number.NaN;
  waiting = 0;
  orders = 0;
  cancels = 0;
  fills = 0;
  drift: FeatureDrift[] = [
    {
      feature: 'ofiZ1s',
      psi: 0.02,
      chance: 0.05,
      meanShift: -0.1,
      deviationRatio: 1.1,
      level: 'stable',
      alarmed: false,
    },
    {
      feature: 'sigma',
      psi: 0.41,
      chance: 0.05,
      meanShift: 1.9,
      deviationRatio: 2.4,
      level: 'alarm',
      alarmed: true,
    },
    {
      feature: 'inventory',
      psi: null,
      chance: null,
      meanShift: null,
      deviationRatio: null,
      level: 'unjudged',
      alarmed: false,
    },
  ];
  readonly view: QuoterView;
  readonly market: QuoterView['market'];
  readonly #random = stream(1, 'fake-status');
  #mid = 6_000_000;

  constructor() {
    const calm = quoterView().market.signals;
    const self = this;
    this.market = {
      get time() {
        return self.time;
      },
      book: this.book,
      signals: calm,
      get synchronised() {
        return self.synchronised;
      },
      get bookTime() {
        return self.bookTime;
      },
    };
    this.view = {
      market: this.market,
      get inventory() {
        return self.inventory;
      },
      get equity() {
        return self.equity;
      },
      bid: this.bid as OwnQuote,
      ask: this.ask as OwnQuote,
      ackP99Ms: 12.5,
      timeToClose: Number.POSITIVE_INFINITY,
    };
    this.rebuild();
  }

  /** A book of 12 levels a side around the mid, our orders two ticks behind the best prices. */
  rebuild(): void {
    this.book.reset();
    for (let i = 0; i < 12; i++) {
      this.book.apply(BID, this.#mid - 1 - i, 0.4 + i * 0.3 * this.#random.uniform());
      this.book.apply(ASK, this.#mid + 1 + i, 0.4 + i * 0.3 * this.#random.uniform());
    }
    this.quote.bid = this.bid.price = this.#mid - 3;
    this.quote.ask = this.ask.price = this.#mid + 3;
    this.quote.bidQuantity = this.quote.askQuantity = 1;
  }

  /** A decision later: the mid has moved, now and then there was a fill, which is returned. */
  advance(milliseconds = 100): Fill | undefined {
    this.time += milliseconds * 1000;
    this.bookTime = this.time - 3000;
    this.bookLag = 4000;
    const step = Math.round(4 * (this.#random.uniform() - 0.5));
    this.#mid += step;
    this.equity += (this.inventory * step) / 1000;
    this.rebuild();
    this.decisions++;
    this.decisionsBy[this.decider]++;
    this.counters.messages += 5;
    this.orders += 2;
    this.cancels += 2;
    if (this.#random.uniform() > 0.1) return undefined;
    const side = this.#random.uniform() < 0.5 + this.inventory / 20 ? ASK : BID;
    this.inventory += side === BID ? 1 : -1;
    this.fills++;
    return {
      orderId: this.fills,
      time: this.time,
      side,
      price: side === BID ? this.#mid - 1 : this.#mid + 1,
      quantity: 0.001,
      fee: 0.01,
      reason: 'queue',
      queueAhead: 1,
      midAtPlacement: this.#mid,
      midAtFill: this.#mid,
      halfSpreadAtPlacement: 1,
    };
  }
}
