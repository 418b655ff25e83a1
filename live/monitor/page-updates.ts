import { ASK, BID } from '../../market/side.ts';
import type { ShadowStatus } from '../shadow/status.ts';
import type { LagReading } from './event-loop-lag.ts';
import type { Health } from './health.ts';
import { type LadderLevel, ladder } from './ladder.ts';
import type { LatencyHistogram } from './latency-histogram.ts';
import { HISTORY_LENGTH, SAMPLE_MS, type SessionHistory } from './session-history.ts';

export interface PageSources {
  readonly status: ShadowStatus;
  readonly history: SessionHistory;
  readonly latency: LatencyHistogram;
  readonly health: Health;
  readonly lag: () => LagReading;
}

/** What a page must know when it is opened: what runs, and the last minutes. JSON, as are the others. */
export function helloJson(sources: PageSources): string {
  const { instrument, policy, startedAt } = sources.status;
  return JSON.stringify({
    instrument,
    policy,
    startedAt: startedAt / 1000,
    sampleMs: SAMPLE_MS,
    length: HISTORY_LENGTH,
    history: sources.history.columns(),
    update: update(sources),
    detail: detail(sources),
  });
}

/** What moves: ten times a second. */
export function updateJson(sources: PageSources): string {
  return JSON.stringify(update(sources));
}

/** What is counted and judged: once a second. */
export function detailJson(sources: PageSources): string {
  return JSON.stringify(detail(sources));
}

function update({ status }: PageSources): object {
  const { market, quote, view } = status;
  const known = market.synchronised && market.book.ready;
  return {
    t: Math.round(market.time / 1000),
    synchronised: market.synchronised,
    mid: known ? market.book.mid : null,
    spread: known ? market.book.bestAsk - market.book.bestBid : null,
    sigma: market.signals.ready ? market.signals.sigma : null,
    bids: ladder(BID, market, view).map(row),
    asks: ladder(ASK, market, view).map(row),
    bid: quote.bidQuantity > 0 ? quote.bid : null,
    ask: quote.askQuantity > 0 ? quote.ask : null,
    inventory: view.inventory,
    pnl: view.equity,
    decider: status.decider,
    decisions: status.decisions,
    orders: status.orders,
    cancels: status.cancels,
    fills: status.fills,
    lagMs: status.bookLag / 1000,
    waiting: status.waiting,
  };
}

function detail({ status, history, latency, health, lag }: PageSources): object {
  const { clock } = status;
  return {
    decisionsBy: status.decisionsBy,
    fallbacks: status.fallbacks,
    interventions: status.interventions,
    counters: status.counters,
    clock: { offsetMs: clock.offset / 1000, roundTripMs: clock.roundTrip / 1000 },
    drift: status.drift.map(({ feature, psi, meanShift, deviationRatio, level, alarmed }) => [
      feature,
      psi,
      meanShift,
      deviationRatio,
      alarmed ? 1 : 0,
      level,
    ]),
    latency: {
      count: latency.count,
      p50: latency.quantile(0.5),
      p99: latency.quantile(0.99),
      p999: latency.quantile(0.999),
    },
    loop: lag(),
    bookAge: health.bookAge(status.instrument.symbol),
    ackP99Ms: status.view.ackP99Ms,
    health: health.report(),
    fills: history.fills.map(({ t, side, price }) => [t, side === 'bid' ? 1 : -1, price]),
    events: history.events,
  };
}

function row({ price, quantity, own, ahead }: LadderLevel): readonly (number | null)[] {
  return [price, quantity, own, ahead];
}
