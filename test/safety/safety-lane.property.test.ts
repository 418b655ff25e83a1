import assert from 'node:assert/strict';
import fc from 'fast-check';
import { V15 } from '../../agents/v15.ts';
import { type Generator, stream } from '../../base/random.ts';
import { Lane } from '../../env/lane.ts';
import type { LaneListener } from '../../env/lane-listener.ts';
import { type Quote, type Quoter, type QuoterView, Reason, Refresh } from '../../env/quoter.ts';
import { runSession } from '../../env/session.ts';
import { DEFAULT_LANE, type LaneSettings } from '../../env/settings.ts';
import { TapeReplay } from '../../market/replay.ts';
import { ASK, BID } from '../../market/side.ts';
import { DEFAULT_SAFETY } from '../../safety/limits.ts';
import { SafetyLayer } from '../../safety/safety-layer.ts';
import { SYNTHETIC_INSTRUMENT, syntheticTape } from '../support/synthetic-tape.ts';

/** Proposes anything at all, around the mid so that much of it trades. */
class Wild implements Quoter {
  readonly name = 'wild';
  readonly #random: Generator;

  constructor(seed: number) {
    this.#random = stream(seed, 'wild');
  }

  reset(): void {}

  quote(view: QuoterView, out: Quote): void {
    const random = this.#random;
    const refresh = () => [Refresh.leave, Refresh.move, Refresh.replace][random.integer(3)];
    out.reference = view.market.book.mid + 2 * random.normal();
    out.offset = random.uniform() < 0.02 ? Number.NaN : 4 * random.normal();
    out.spread = 8 * random.uniform() - 2;
    out.bid = Number.NaN;
    out.ask = 1e9;
    out.bidQuantity = random.integer(4);
    out.askQuantity = random.integer(4);
    out.refreshBid = refresh();
    out.refreshAsk = refresh();
    out.reason = Reason.quote;
  }
}

const settings: fc.Arbitrary<LaneSettings> = fc.record({
  lot: fc.constant(null),
  maxInventory: fc.constantFrom(1, 2, 5),
  latency: fc.record({
    entryMs: fc.constantFrom(0, 10, 80, 200),
    responseMs: fc.constantFrom(0, 10, 120, 250),
  }),
  queue: fc.constant(DEFAULT_LANE.queue),
  fees: fc.constant(DEFAULT_LANE.fees),
  decisionIntervalMs: fc.constantFrom(50, 100, 330),
});

describe('safety layer on a lane', () => {
  it('holds every limit at the exchange, whatever is proposed and however slow the messages', async () => {
    let fills = 0;
    await fc.assert(
      fc.asyncProperty(settings, fc.integer({ min: 1, max: 1000 }), async (lane, seed) => {
        fills += await trade(lane, seed);
      }),
      { numRuns: 30, seed: 11 },
    );
    assert.ok(fills > 1000, `only ${fills} fills`);
  });
});

async function trade(settings: LaneSettings, seed: number): Promise<number> {
  const { maxOffset, maxOffsetStep, minSpread, maxAckP99Ms } = DEFAULT_SAFETY;
  let fills = 0;
  let offset = 0;
  let crossings = 0;
  const watch: LaneListener = {
    onDecision(view, quote) {
      assert.ok(
        Math.abs(quote.offset) <= maxOffset && Math.abs(quote.offset - offset) <= maxOffsetStep + 1e-9,
      );
      assert.ok(quote.spread >= minSpread);
      offset = quote.offset;
      const { book } = view.market;
      if (quote.bidQuantity > 0 && quote.refreshBid !== Refresh.leave) assert.ok(quote.bid < book.bestAsk);
      if (quote.askQuantity > 0 && quote.refreshAsk !== Refresh.leave) assert.ok(quote.ask > book.bestBid);
      if (view.ackP99Ms > maxAckP99Ms) assert.ok(quote.reason & Reason.fallback);
    },
    onFill: () => {
      fills++;
    },
    onInventory: (_, inventory) => {
      assert.ok(Math.abs(inventory) <= settings.maxInventory + 1e-9, `${inventory} lots`);
    },
  };
  const lane = new Lane({
    instrument: SYNTHETIC_INSTRUMENT,
    settings,
    lot: 0.1,
    seed,
    listeners: [
      watch,
      {
        onDecision: () => {
          const [bid] = lane.openOrders(BID);
          const [ask] = lane.openOrders(ASK);
          if (bid !== undefined && ask !== undefined && bid.price >= ask.price) crossings++;
        },
      },
    ],
  });
  const layer = new SafetyLayer(new Wild(seed), DEFAULT_SAFETY, new V15());
  const replay = new TapeReplay([syntheticTape(seed % 5, 60)], { warmupSeconds: 5 });
  await runSession({ replay, lanes: [{ lane, quoter: layer }] });
  assert.equal(crossings, 0, 'own orders never cross');
  assert.ok(layer.interventions.offset > 0 && layer.interventions.spread > 0);
  return fills;
}
