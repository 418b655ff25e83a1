import type { OwnQuote, QuoterView } from '../../env/quoter.ts';
import type { BookView } from '../../market/book.ts';
import type { SignalView } from '../../market/signal-view.ts';

/** What a test sets of a session's state; the rest of the view is inert. */
export class FakeState {
  time = 0;
  mid = 1000;
  equity = 0;
  inventory = 0;
  ofi = 0;
  depthImbalance = 0;
  synchronised = true;
}

const NO_QUOTE: OwnQuote = { active: false, price: 0, remaining: 0, queueAhead: Number.NaN, age: 0 };

/** A QuoterView that shows what `state` says now. */
export function fakeView(state: FakeState): QuoterView {
  const book = {
    ready: true,
    get mid() {
      return state.mid;
    },
  } as BookView;
  const signals = {
    get ofiZ1s() {
      return state.ofi;
    },
    get depthImbalance() {
      return state.depthImbalance;
    },
  } as SignalView;
  return {
    market: {
      get time() {
        return state.time;
      },
      book,
      signals,
      get synchronised() {
        return state.synchronised;
      },
      get bookTime() {
        return state.time;
      },
    },
    get inventory() {
      return state.inventory;
    },
    get equity() {
      return state.equity;
    },
    bid: NO_QUOTE,
    ask: NO_QUOTE,
    ackP99Ms: Number.NaN,
    timeToClose: Number.POSITIVE_INFINITY,
  };
}
