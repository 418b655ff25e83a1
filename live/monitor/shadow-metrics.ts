import type { Registry } from 'prom-client';
import { FILL_REASONS, type Fill } from '../../env/exchange/models.ts';
import { type ASK, BID } from '../../market/side.ts';
import { DECIDERS, FALLBACK_REASONS, type ShadowStatus } from '../shadow/status.ts';
import { addCounter, addGauge, type Tell } from './readings.ts';

const NAME = 'makergym';
const SIDES = ['bid', 'ask'] as const;

/** Fills by side and reason, as they are told; their volume in base currency, and fees in quote currency. */
export class FillTally {
  readonly counts = new Map<string, number>();
  readonly volume = { bid: 0, ask: 0 };
  fees = 0;

  add({ side, reason, quantity, fee }: Fill): void {
    const name = sideName(side);
    const key = `${name} ${reason}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    this.volume[name] += quantity;
    this.fees += fee;
  }
}

export function sideName(side: typeof BID | typeof ASK): 'bid' | 'ask' {
  return side === BID ? 'bid' : 'ask';
}

/** What a shadow session decides, would have traded, and how far its stream is from what it was trained on. */
export function addShadowMetrics(registry: Registry, status: ShadowStatus, fills: FillTally): void {
  addMarketMetrics(registry, status);
  addQuoteMetrics(registry, status);
  addTradeMetrics(registry, status, fills);
  addDecisionMetrics(registry, status);
  addDriftMetrics(registry, status);
}

/** Ticks in quote currency, without the noise of the product's last bits. */
function price({ instrument }: ShadowStatus, ticks: number): number {
  return Number((ticks * instrument.tickSize).toPrecision(15));
}

function addMarketMetrics(registry: Registry, status: ShadowStatus): void {
  const { market } = status;
  addGauge(registry, {
    name: `${NAME}_best_price`,
    help: 'Best price of each side of the book, quote currency.',
    labels: ['side'],
    read: (tell) => {
      if (!market.synchronised || !market.book.ready) return;
      tell(price(status, market.book.bestBid), { side: 'bid' });
      tell(price(status, market.book.bestAsk), { side: 'ask' });
    },
  });
  addGauge(registry, {
    name: `${NAME}_mid_price`,
    help: 'Mean of the best prices, quote currency.',
    read: (tell) => {
      if (market.synchronised && market.book.ready) tell(price(status, market.book.mid));
    },
  });
  addGauge(registry, {
    name: `${NAME}_volatility_ticks`,
    help: 'Volatility of the mid, ticks per square root of a second.',
    read: (tell) => {
      if (market.signals.ready) tell(market.signals.sigma);
    },
  });
}

function addQuoteMetrics(registry: Registry, status: ShadowStatus): void {
  const { quote } = status;
  addGauge(registry, {
    name: `${NAME}_quote_price`,
    help: 'Price of the latest decision on each side, quote currency; absent where nothing is quoted.',
    labels: ['side'],
    read: (tell) => {
      if (quote.bidQuantity > 0) tell(price(status, quote.bid), { side: 'bid' });
      if (quote.askQuantity > 0) tell(price(status, quote.ask), { side: 'ask' });
    },
  });
  addGauge(registry, {
    name: `${NAME}_quote_size_lots`,
    help: 'Size of the latest decision on each side, lots.',
    labels: ['side'],
    read: (tell) => {
      tell(quote.bidQuantity, { side: 'bid' });
      tell(quote.askQuantity, { side: 'ask' });
    },
  });
  addGauge(registry, {
    name: `${NAME}_open_order_size_lots`,
    help: 'Unfilled size of the simulated order on each side, lots.',
    labels: ['side'],
    read: (tell) => {
      const { view } = status;
      for (const side of SIDES) tell(view[side].active ? view[side].remaining : 0, { side });
    },
  });
  addCounter(registry, {
    name: `${NAME}_orders_total`,
    help: 'Simulated orders sent.',
    read: (tell) => tell(status.orders),
  });
  addCounter(registry, {
    name: `${NAME}_order_cancels_total`,
    help: 'Simulated orders cancelled.',
    read: (tell) => tell(status.cancels),
  });
}

function addTradeMetrics(registry: Registry, status: ShadowStatus, fills: FillTally): void {
  addCounter(registry, {
    name: `${NAME}_fills_total`,
    help: 'Simulated fills by side of the own order and by reason.',
    labels: ['side', 'reason'],
    read: (tell) => {
      for (const side of SIDES) {
        for (const reason of FILL_REASONS) tell(fills.counts.get(`${side} ${reason}`) ?? 0, { side, reason });
      }
    },
  });
  addCounter(registry, {
    name: `${NAME}_fill_volume_base_total`,
    help: 'Quantity of simulated fills, base currency.',
    labels: ['side'],
    read: (tell) => {
      for (const side of SIDES) tell(fills.volume[side], { side });
    },
  });
  addGauge(registry, {
    name: `${NAME}_fees_quote`,
    help: 'Fees of simulated fills since the start, quote currency; negative where rebates prevail.',
    read: (tell) => tell(fills.fees),
  });
  addGauge(registry, {
    name: `${NAME}_inventory_lots`,
    help: 'Position that the simulated fills would have left, lots.',
    read: (tell) => tell(status.view.inventory),
  });
  addGauge(registry, {
    name: `${NAME}_pnl_quote`,
    help: 'Would-be profit since the start, marked to mid, net of fees, quote currency.',
    read: (tell) => tell(status.view.equity),
  });
  addGauge(registry, {
    name: `${NAME}_acknowledge_p99_seconds`,
    help: '99th percentile of the time from an order to its acknowledgement over the last minute.',
    read: (tell) => tell(status.view.ackP99Ms / 1000),
  });
}

function addDecisionMetrics(registry: Registry, status: ShadowStatus): void {
  addCounter(registry, {
    name: `${NAME}_decisions_total`,
    help: 'Decisions by who took them.',
    labels: ['decider'],
    read: (tell) => {
      for (const decider of DECIDERS) tell(status.decisionsBy[decider], { decider });
    },
  });
  addGauge(registry, {
    name: `${NAME}_decider`,
    help: '1 for who decides now, 0 for the others.',
    labels: ['decider'],
    read: (tell) => {
      for (const decider of DECIDERS) tell(status.decider === decider ? 1 : 0, { decider });
    },
  });
  addCounter(registry, {
    name: `${NAME}_fallbacks_total`,
    help: 'Times that each reason took the decision away from the policy.',
    labels: ['reason'],
    read: (tell) => {
      for (const reason of FALLBACK_REASONS) tell(status.fallbacks[reason], { reason });
    },
  });
  addCounter(registry, {
    name: `${NAME}_interventions_total`,
    help: 'Decisions changed by each rule of the safety layer.',
    labels: ['rule'],
    read: (tell) => {
      for (const [rule, count] of Object.entries(status.interventions)) tell(count, { rule });
    },
  });
}

function addDriftMetrics(registry: Registry, status: ShadowStatus): void {
  const each = (tell: Tell, value: (drift: ShadowStatus['drift'][number]) => number | null): void => {
    for (const drift of status.drift) tell(value(drift) ?? Number.NaN, { feature: drift.feature });
  };
  const gauge = (
    name: string,
    help: string,
    value: (drift: ShadowStatus['drift'][number]) => number | null,
  ): void =>
    addGauge(registry, {
      name: `${NAME}_drift_${name}`,
      help,
      labels: ['feature'],
      read: (tell) => each(tell, value),
    });
  gauge('psi', 'Population stability index of a feature against training, rolling window.', ({ psi }) => psi);
  gauge(
    'psi_chance',
    'What the index reaches by chance once in 100,000 times without drift.',
    ({ chance }) => chance,
  );
  gauge(
    'mean_shift_deviations',
    "Mean of a feature less that of training, in training's standard deviations.",
    ({ meanShift }) => meanShift,
  );
  gauge(
    'deviation_ratio',
    'Standard deviation of a feature over that of training.',
    ({ deviationRatio }) => deviationRatio,
  );
  gauge('alarmed', '1 while a feature is beyond its threshold.', ({ alarmed }) => (alarmed ? 1 : 0));
}
