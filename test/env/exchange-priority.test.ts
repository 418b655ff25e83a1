import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ExchangeOwner, SimulatedExchange } from '../../env/exchange/exchange.ts';
import { ConstantLatency } from '../../env/exchange/latency.ts';
import type { FillReason } from '../../env/exchange/models.ts';
import { Order } from '../../env/exchange/order.ts';
import { orderRules } from '../../env/exchange/order-rules.ts';
import { PowerQueue } from '../../env/exchange/queue.ts';
import { MarketSeat } from '../../env/market-seat.ts';
import { DEFAULT_LANE } from '../../env/settings.ts';
import { TapeReplay } from '../../market/replay.ts';
import { ASK, BID } from '../../market/side.ts';
import { SCRIPT_INSTRUMENT, scriptTape } from '../support/script-tape.ts';

const { stepSize } = SCRIPT_INSTRUMENT;

/** Many own orders at once in a book of 98 to 100 bid and 103 asked; records what fills. */
function busyExchange(orders: readonly { readonly price: number; readonly steps: number }[]) {
  const bids = [
    [100, 1],
    [99, 2],
    [98, 3],
  ] as const;
  const replay = new TapeReplay([scriptTape([{ at: 0, snapshot: true, bids, asks: [[103, 5]] }])]);
  replay.advanceTo(replay.end);
  const seat = new MarketSeat();
  seat.join(replay.market);
  const fills: { readonly order: Order; readonly steps: number; readonly reason: FillReason }[] = [];
  const owner: ExchangeOwner = {
    onExecution: (order, steps, reason) => fills.push({ order, steps, reason }),
    onWithdrawn: () => assert.fail('nothing is withdrawn here'),
    onFillKnown: () => undefined,
    onAcknowledged: () => undefined,
    onExpiryKnown: () => undefined,
  };
  const exchange = new SimulatedExchange({
    instrument: SCRIPT_INSTRUMENT,
    latency: new ConstantLatency(0, 0),
    queue: new PowerQueue(2),
    rules: orderRules(DEFAULT_LANE, SCRIPT_INSTRUMENT),
    owner,
    seat,
  });
  for (const [id, order] of orders.entries()) {
    exchange.submit(new Order({ id, side: BID, ...order, sentAt: replay.end, mid: 101.5, halfSpread: 1.5 }));
  }
  exchange.onClock(replay.end);
  return { exchange, fills };
}

const orders = fc.array(
  fc.record({ price: fc.integer({ min: 98, max: 101 }), steps: fc.integer({ min: 1, max: 12 }) }),
  { minLength: 2, maxLength: 8 },
);
const trades = fc.array(
  fc.record({ price: fc.integer({ min: 97, max: 102 }), steps: fc.integer({ min: 1, max: 40 }) }),
  { minLength: 1, maxLength: 12 },
);

describe('priority among own orders', () => {
  it('all that a trade fills by the queue is at most what it traded, less what it filled at better prices', () => {
    fc.assert(
      fc.property(orders, trades, (sent, printed) => {
        const { exchange, fills } = busyExchange(sent);
        for (const { price, steps } of printed) {
          fills.length = 0;
          exchange.onTrade(price, steps * stepSize, ASK);
          const total = (reason: FillReason) =>
            fills.filter((fill) => fill.reason === reason).reduce((sum, fill) => sum + fill.steps, 0);
          assert.ok(total('queue') <= Math.max(steps - total('through'), 0));
          for (const { order, reason } of fills) {
            assert.ok(reason === 'queue' ? order.price === price : order.price > price);
          }
        }
      }),
    );
  });

  it('a better price fills before a worse one, and at one price the older before the younger', () => {
    fc.assert(
      fc.property(orders, trades, (sent, printed) => {
        const { exchange, fills } = busyExchange(sent);
        for (const { price, steps } of printed) {
          fills.length = 0;
          exchange.onTrade(price, steps * stepSize, ASK);
          for (const { order } of fills) {
            for (const open of exchange.open(BID)) {
              if (open === order) continue;
              assert.ok(open.price < order.price || (open.price === order.price && open.id > order.id));
            }
          }
        }
      }),
    );
  });

  it('no order ever fills more than it asked for', () => {
    fc.assert(
      fc.property(orders, trades, (sent, printed) => {
        const { exchange, fills } = busyExchange(sent);
        for (const { price, steps } of printed) exchange.onTrade(price, steps * stepSize, ASK);
        for (const [id, { steps }] of sent.entries()) {
          const filled = fills
            .filter(({ order }) => order.id === id)
            .reduce((sum, fill) => sum + fill.steps, 0);
          assert.ok(filled <= steps);
          const open = exchange.open(BID).find((order) => order.id === id);
          assert.equal(filled + (open?.remaining ?? 0), steps);
        }
      }),
    );
  });
});
