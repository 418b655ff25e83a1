import assert from 'node:assert/strict';
import fc from 'fast-check';
import { V15 } from '../../agents/v15.ts';
import { emptyQuote, type OwnQuote, type Quote, type Quoter, Reason, Refresh } from '../../env/quoter.ts';
import { ASK, BID, type Side } from '../../market/side.ts';
import { DEFAULT_SAFETY } from '../../safety/limits.ts';
import { SafetyLayer } from '../../safety/safety-layer.ts';
import { quoterContext, quoterView } from '../support/quoter-view.ts';

const LIMITS = DEFAULT_SAFETY;

/** An order as the exchange has it; `known` is what of its fills the agent was told. */
interface Order {
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
  readonly sent: number;
  filled: number;
  known: number;
  cancelling: boolean;
}

interface Step {
  readonly elapsed: number;
  readonly bid: number;
  readonly width: number;
  readonly bookReady: boolean;
  readonly synchronised: boolean;
  readonly ackP99Ms: number;
  readonly signals: { readonly ofiZ1s: number; readonly depthImbalance: number; readonly sigma: number };
  readonly proposal: Quote;
  /** What the exchange does to each order meanwhile: share of it that fills, whether word of it arrives. */
  readonly fate: readonly { readonly fill: number; readonly told: boolean }[];
  /** Whether a resting order of another size at the wanted price is replaced. */
  readonly sizeMatters: boolean;
}

const wild = fc.oneof(
  { weight: 20, arbitrary: fc.double({ min: -12, max: 12, noNaN: true }) },
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1e308, 1e12),
);
const quantity = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(0, 0.5, 1, 2, 7) },
  fc.constantFrom(-1, Number.NaN, 1e9),
);
const refresh = fc.constantFrom(Refresh.leave, Refresh.move, Refresh.replace);

const step: fc.Arbitrary<Step> = fc.record({
  elapsed: fc.constantFrom(50_000, 100_000, 300_000, 1_000_000),
  bid: fc.integer({ min: 90, max: 110 }),
  width: fc.integer({ min: 1, max: 4 }),
  bookReady: fc.integer({ min: 0, max: 9 }).map((x) => x > 0),
  synchronised: fc.integer({ min: 0, max: 9 }).map((x) => x > 0),
  ackP99Ms: fc.constantFrom(Number.NaN, 20, 20, 20, 299, 301, 5000),
  signals: fc.record({
    ofiZ1s: fc.integer({ min: -3, max: 3 }),
    depthImbalance: fc.integer({ min: -3, max: 3 }),
    sigma: fc.double({ min: 0.01, max: 20, noNaN: true }),
  }),
  proposal: fc.record({
    reference: fc.oneof({ weight: 20, arbitrary: fc.double({ min: 80, max: 120, noNaN: true }) }, wild),
    offset: wild,
    spread: wild,
    bid: fc.constant(0),
    ask: fc.constant(0),
    bidQuantity: quantity,
    askQuantity: quantity,
    refreshBid: refresh,
    refreshAsk: refresh,
    reason: fc.constant(Reason.quote),
  }),
  fate: fc.array(fc.record({ fill: fc.constantFrom(0, 0, 0, 0.5, 1), told: fc.boolean() }), {
    minLength: 8,
    maxLength: 8,
  }),
  sizeMatters: fc.boolean(),
});

/** Plays random proposals against an exchange that fills what it likes and tells of it when it likes. */
function play(steps: readonly Step[], maxInventory: number, fallback: Quoter | null): void {
  let proposal: Quote = emptyQuote();
  const inner: Quoter = {
    name: 'wild',
    reset: () => undefined,
    quote: (_, out) => Object.assign(out, proposal),
  };
  const layer = new SafetyLayer(inner, LIMITS, fallback);
  layer.reset(
    quoterContext({ maxInventory, lot: 1, instrument: { ...quoterContext().instrument, stepSize: 0.25 } }),
  );
  const out = emptyQuote();
  let orders: Order[] = [];
  let position = 0;
  let inventory = 0;
  let time = 1_700_000_000_000_000;
  let offset = 0;
  for (const now of steps) {
    time += now.elapsed;
    orders.forEach((order, index) => {
      const { fill, told } = now.fate[index % now.fate.length];
      const left = order.quantity - order.filled;
      const filled = fill === 1 ? left : Math.floor((fill * left) / 0.25) * 0.25;
      order.filled += filled;
      position += order.side === BID ? filled : -filled;
      if (told) {
        inventory += (order.side === BID ? 1 : -1) * (order.filled - order.known);
        order.known = order.filled;
      }
    });
    assert.ok(Math.abs(position) <= maxInventory, `position ${position} of at most ${maxInventory}`);
    // Told of everything and full or cancelled: the order is over for the agent too.
    orders = orders.filter(
      (order, index) =>
        order.known < order.filled ||
        !(order.filled === order.quantity || (order.cancelling && now.fate[index % 8].told)),
    );
    proposal = now.proposal;
    const bestAsk = now.bid + now.width;
    const view = quoterView({
      time,
      bestBid: now.bid,
      bestAsk,
      bookReady: now.bookReady,
      synchronised: now.synchronised,
      ackP99Ms: now.ackP99Ms,
      signals: now.signals,
      inventory,
      bid: own(orders, BID, time),
      ask: own(orders, ASK, time),
      cancellingBid: cancelling(orders, BID),
      cancellingAsk: cancelling(orders, ASK),
    });
    layer.quote(view, out);

    for (const [field, value] of Object.entries(out))
      assert.ok(Number.isFinite(value), `${field} is ${value}`);
    assert.ok(Math.abs(out.offset) <= LIMITS.maxOffset);
    assert.ok(Math.abs(out.offset - offset) <= LIMITS.maxOffsetStep + 1e-12);
    assert.ok(out.spread >= LIMITS.minSpread);
    assert.ok(out.bidQuantity >= 0 && out.askQuantity >= 0);
    offset = out.offset;
    const usable = now.synchronised && now.bookReady;
    if (!usable) assert.ok(out.bidQuantity === 0 && out.askQuantity === 0);
    for (const side of [BID, ASK] as const) {
      const resting = side === BID ? view.bid : view.ask;
      const sign = side === BID ? 1 : -1;
      const wanted = side === BID ? out.bidQuantity : out.askQuantity;
      const rule = side === BID ? out.refreshBid : out.refreshAsk;
      const price = side === BID ? out.bid : out.ask;
      const kept =
        resting.active &&
        wanted > 0 &&
        (rule === Refresh.leave ||
          (rule === Refresh.move &&
            price === resting.price &&
            !(now.sizeMatters && wanted !== resting.remaining)));
      const standing = orders.find((order) => order.side === side && !order.cancelling);
      if (standing !== undefined && !kept) {
        const risk =
          !usable ||
          now.ackP99Ms > LIMITS.maxAckP99Ms ||
          (out.reason & (Reason.nonFinite | Reason.inventory)) !== 0;
        assert.ok(
          resting.age >= LIMITS.minQuoteLifeMs * 1000 || risk,
          'a young quote was removed without need',
        );
        standing.cancelling = true;
      }
      if (!kept && wanted > 0 && rule !== Refresh.leave) {
        assert.ok(side === BID ? price < bestAsk : price > now.bid, 'post-only');
        assert.ok(Number.isSafeInteger(price) && price >= 1);
        assert.ok(sign * inventory + wanted <= maxInventory, 'only what fits');
        orders.push({ side, price, quantity: wanted, sent: time, filled: 0, known: 0, cancelling: false });
      }
    }
    const [bid, ask] = [BID, ASK].map((side) =>
      orders.find((order) => order.side === side && !order.cancelling),
    );
    if (bid !== undefined && ask !== undefined) {
      assert.ok(ask.price - bid.price >= LIMITS.minSpread, `own quotes ${bid.price} and ${ask.price}`);
    }
  }
}

function own(orders: readonly Order[], side: Side, time: number): Partial<OwnQuote> {
  const order = orders.find((candidate) => candidate.side === side && !candidate.cancelling);
  if (order === undefined) return {};
  return {
    active: true,
    price: order.price,
    remaining: order.quantity - order.known,
    queueAhead: 0,
    age: time - order.sent,
  };
}

function cancelling(orders: readonly Order[], side: Side): number {
  return orders
    .filter((order) => order.side === side && order.cancelling)
    .reduce((sum, order) => sum + order.quantity - order.known, 0);
}

describe('safety layer, whatever is proposed and whatever happens', () => {
  for (const maxInventory of [1, 3, 10]) {
    it(`no limit is exceeded with q_max ${maxInventory}, without and with a fallback`, () => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
          play(steps, maxInventory, null);
          play(steps, maxInventory, new V15({ maxAckP99Ms: 1e9 }));
        }),
        { numRuns: 150, seed: 7 },
      );
    });
  }
});
