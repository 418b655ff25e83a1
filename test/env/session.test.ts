import assert from 'node:assert/strict';
import fc from 'fast-check';
import { stream } from '../../base/random.ts';
import { type Fill, type LatencyModel, SELF_TRADE_MODES, TIMES_IN_FORCE } from '../../env/exchange/models.ts';
import { Lane } from '../../env/lane.ts';
import type { LaneListener } from '../../env/lane-listener.ts';
import type { Quoter, Refresh } from '../../env/quoter.ts';
import { runSession } from '../../env/session.ts';
import {
  DEFAULT_LANE,
  type FeeSettings,
  type LaneSettings,
  type LatencySettings,
  QUEUE_MODELS,
} from '../../env/settings.ts';
import type { MarketListener } from '../../market/market.ts';
import { TapeReplay } from '../../market/replay.ts';
import { ASK, BID } from '../../market/side.ts';
import { randomScript } from '../support/random-script.ts';
import {
  SCRIPT_INSTRUMENT,
  SCRIPT_START,
  type ScriptMessage,
  scriptedQuoter,
  scriptTape,
} from '../support/script-tape.ts';

const latencyArbitrary: fc.Arbitrary<LatencySettings> = fc.record({
  model: fc.constantFrom('constant', 'log-normal', 'spikes', 'tape'),
  entryMs: fc.constantFrom(0, 1, 10, 70),
  responseMs: fc.constantFrom(0, 5, 70),
  feedMs: fc.constantFrom(0, 0, 3, 90),
  sigma: fc.constantFrom(0.3, 1.5),
  jitterMs: fc.constantFrom(0, 8),
  spikeProbability: fc.constantFrom(0, 0.3, 1),
  spikeMs: fc.constant(60),
  spikeDurationMs: fc.constant(100),
  inOrder: fc.boolean(),
});

/** Settings of every kind; zero latency and latencies longer than the decision interval among them. */
const settingsArbitrary: fc.Arbitrary<LaneSettings> = fc.record({
  lot: fc.constant(null),
  maxInventory: fc.constant(10),
  latency: latencyArbitrary,
  queue: fc.record({
    model: fc.constantFrom(...QUEUE_MODELS),
    exponent: fc.constantFrom(1, 2, 3),
    fifoShare: fc.constantFrom(0, 0.4),
  }),
  fees: fc.constantFrom<FeeSettings>(
    { makerBps: 0, takerBps: 5 },
    { makerBps: -1, takerBps: 4 },
    { makerBps: 0, takerBps: 0, model: 'binance-usdm', startingVolume: 14_999_000 },
    { makerBps: 0, takerBps: 0, model: 'quantity', makerPerUnit: -0.25, takerPerUnit: 0.5 },
  ),
  decisionIntervalMs: fc.constantFrom(10, 20, 50),
});

/** The same, of lanes that may also take, and whose fills may thin out the book. */
const takingArbitrary: fc.Arbitrary<LaneSettings> = fc
  .tuple(
    settingsArbitrary,
    fc.record({
      timeInForce: fc.constantFrom(...TIMES_IN_FORCE),
      selfTrade: fc.constantFrom(...SELF_TRADE_MODES),
      minNotional: fc.constantFrom(null, 500),
      impact: fc.constantFrom({ share: 0, decayMs: 1000 }, { share: 1, decayMs: 500 }),
    }),
  )
  .map(([settings, more]) => ({ ...settings, ...more }));

/** A quoter of no sense: any price around the mid, any quantity, any refresh; its own stream of chance. */
function wildQuoter(seed: number): Quoter {
  const random = stream(seed, 'wild');
  return scriptedQuoter(({ market }) => {
    const { bestBid, bestAsk, ready } = market.book;
    return {
      bid: (ready ? bestBid : 1000) + random.integer(4) - 2,
      ask: (ready ? bestAsk : 1001) + random.integer(4) - 1,
      bidQuantity: random.integer(5) / 2,
      askQuantity: random.integer(5) / 2,
      refreshBid: random.integer(3) as Refresh,
      refreshAsk: random.integer(3) as Refresh,
    };
  }, 'wild');
}

/** A lane with everything it tells written down. */
function recordedLane(settings: LaneSettings, seed: number) {
  const log: unknown[] = [];
  const fills: Fill[] = [];
  const listener: LaneListener = {
    onDecision: (view, quote) =>
      log.push([view.market.time, view.inventory, view.equity, view.bid.queueAhead, { ...quote }]),
    onFill: (fill) => {
      fills.push(fill);
      log.push(fill);
    },
    onOrder: (event, time, why) => log.push([event, time, why]),
    onAcknowledge: (milliseconds) => log.push(milliseconds),
    onInventory: (time, inventory) => log.push([time, inventory]),
    onEnd: (view) => log.push(['end', view.equity]),
  };
  // Every other lane has a latency that jumps, so that several of its orders rest at once, at one price too.
  const jumpy: LatencyModel = {
    name: 'jumpy',
    entry: (time) => 1000 * (((time / 1000) * 7919) % 120),
    response: (time) => 1000 * (((time / 1000) * 104_729) % 50),
  };
  const latency = seed % 2 === 1 ? { latency: jumpy } : {};
  const market = { instrument: SCRIPT_INSTRUMENT, settings, lot: 1 };
  const lane = new Lane({ ...market, seed, listeners: [listener], ...latency });
  return { lane, quoter: wildQuoter(seed), log, fills };
}

type Recorded = ReturnType<typeof recordedLane>;

async function run(messages: readonly ScriptMessage[], lanes: readonly Recorded[], extra?: MarketListener) {
  const replay = new TapeReplay([scriptTape(messages)]);
  if (replay.end <= replay.start) return null;
  if (extra !== undefined) {
    // Joins when the first lane decides, for a seek lets all listeners go.
    const first = lanes[0].quoter;
    const joining: Quoter = {
      name: first.name,
      reset: () => replay.market.addListener(extra),
      quote: (view, out) => first.quote(view, out),
    };
    return runSession({ replay, lanes: [{ ...lanes[0], quoter: joining }] });
  }
  return runSession({ replay, lanes });
}

describe('session', () => {
  it('conserves cash and position: both follow from the fills, exactly', async () => {
    await fc.assert(
      fc.asyncProperty(randomScript(), takingArbitrary, fc.nat(1000), async (messages, settings, seed) => {
        const recorded = recordedLane(settings, seed);
        if ((await run(messages, [recorded])) === null) return;
        let position = 0;
        let cash = 0;
        let fees = 0;
        for (const { side, price, quantity, fee } of recorded.fills) {
          const signed = side === BID ? quantity : -quantity;
          position += signed;
          cash -= signed * price * SCRIPT_INSTRUMENT.tickSize;
          fees += fee;
        }
        // Steps and ticks of the script are exact in binary, so nothing may be off by a bit.
        assert.equal(recorded.lane.position, position);
        assert.equal(recorded.lane.cash, cash - fees);
        if (position === 0) assert.equal(recorded.lane.equity, recorded.lane.cash);
        assert.ok(Math.abs(fees - recorded.lane.fees) < 1e-9);
      }),
      { numRuns: 60 },
    );
  });

  it('never fills more than was ordered, nor more from a trade by the queue than was traded', async () => {
    await fc.assert(
      fc.asyncProperty(randomScript(), takingArbitrary, fc.nat(1000), async (messages, settings, seed) => {
        const recorded = recordedLane(settings, seed);
        let seen = 0;
        const newFills = () => recorded.fills.slice(seen);
        const auditor: MarketListener = {
          beforeMessage: () => {
            seen = recorded.fills.length;
          },
          onTrade: (price, quantity, aggressor) => {
            const passive = aggressor === BID ? ASK : BID;
            const fills = newFills();
            const queue = fills.filter(({ reason }) => reason === 'queue');
            assert.ok(queue.reduce((sum, fill) => sum + fill.quantity, 0) <= quantity);
            for (const fill of fills) {
              assert.equal(fill.side, passive);
              if (fill.reason === 'queue') assert.equal(fill.price, price);
              else assert.ok(passive === BID ? fill.price > price : fill.price < price);
            }
          },
          onLevel: () => undefined,
          onReset: () => undefined,
          onGap: () => undefined,
          afterMessage: () => undefined,
        };
        await run(messages, [recorded], auditor);
        const filled = new Map<number, number>();
        for (const { orderId, quantity, reason } of recorded.fills) {
          if (reason !== 'taker') filled.set(orderId, (filled.get(orderId) ?? 0) + quantity);
        }
        // The wild quoter orders two lots of one unit at most.
        for (const quantity of filled.values()) assert.ok(quantity <= 2);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps every queue estimate between 0 and the displayed level, and no own order where it would take', async () => {
    await fc.assert(
      fc.asyncProperty(randomScript(), settingsArbitrary, fc.nat(1000), async (messages, settings, seed) => {
        const recorded = recordedLane(settings, seed);
        const { lane } = recorded;
        const auditor: MarketListener = {
          beforeMessage: () => undefined,
          onTrade: () => undefined,
          onLevel: () => undefined,
          onReset: () => undefined,
          onGap: () => undefined,
          afterMessage: () => {
            const { synchronised, book } = lane.view.market;
            if (!synchronised) return;
            for (const side of [BID, ASK] as const) {
              for (const order of lane.openOrders(side)) {
                assert.ok(order.front >= 0 && order.front <= book.quantityAt(side, order.price));
                assert.ok(order.remaining > 0 && order.remaining <= order.steps);
                assert.ok(side === BID ? order.price < book.bestAsk : order.price > book.bestBid);
              }
            }
          },
        };
        await run(messages, [recorded], auditor);
      }),
      { numRuns: 60 },
    );
  });

  it('lanes do not notice each other, and a run repeats bit for bit', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomScript(),
        fc.array(takingArbitrary, { minLength: 2, maxLength: 4 }),
        async (messages, settings) => {
          const together = settings.map((each, i) => recordedLane(each, i));
          await run(messages, together);
          for (const [i, each] of settings.entries()) {
            const alone = recordedLane(each, i);
            await run(messages, [alone]);
            assert.deepEqual(together[i].log, alone.log);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('decides on the multiples of the interval since the epoch, within [start, end)', async () => {
    const replay = new TapeReplay([
      scriptTape([
        { at: 30, snapshot: true, bids: [[10, 1]], asks: [[12, 1]] },
        { at: 500, bids: [[11, 1]] },
      ]),
    ]);
    const recorded = recordedLane({ ...DEFAULT_LANE, decisionIntervalMs: 100 }, 1);
    const result = await runSession({ replay, lanes: [recorded] });
    const times = recorded.log.filter((entry) => Array.isArray(entry) && typeof entry[4] === 'object');
    assert.deepEqual(
      times.map((entry) => ((entry as number[])[0] - SCRIPT_START) / 1000),
      [100, 200, 300, 400],
    );
    assert.equal(result.decisions, 4);
    assert.equal(result.interrupted, false);
    assert.equal(result.rows, 4);
  });

  it('nobody decides in the hole between two tapes, once quotes had a second to be pulled', async () => {
    const at = (time: number) =>
      scriptTape([
        { at: time, snapshot: true, bids: [[10, 1]], asks: [[12, 1]] },
        { at: time + 400, bids: [[11, 1]] },
      ]);
    const replay = new TapeReplay([at(0), at(3_600_000)]);
    const recorded = recordedLane({ ...DEFAULT_LANE, decisionIntervalMs: 100 }, 1);
    const { decisions } = await runSession({ replay, lanes: [recorded] });
    assert.ok(decisions >= 4 + 10 + 4 && decisions <= 4 + 13 + 4, `${decisions}`);
  });

  it('stops at once when aborted, and says so', async () => {
    const replay = new TapeReplay([
      scriptTape([
        { at: 0, snapshot: true, bids: [[10, 1]], asks: [[12, 1]] },
        { at: 900, bids: [[11, 1]] },
      ]),
    ]);
    const recorded = recordedLane(DEFAULT_LANE, 1);
    const { interrupted, decisions } = await runSession({
      replay,
      lanes: [recorded],
      signal: AbortSignal.abort(),
    });
    assert.ok(interrupted);
    assert.equal(decisions, 0);
    assert.deepEqual(recorded.log, []);
  });

  it('refuses a span outside the tape, or an empty one', async () => {
    const replay = new TapeReplay([
      scriptTape([
        { at: 0, snapshot: true, bids: [[10, 1]], asks: [[12, 1]] },
        { at: 900, bids: [[11, 1]] },
      ]),
    ]);
    const span = (start: number, end: number) =>
      runSession({ replay, lanes: [], start: SCRIPT_START + start, end: SCRIPT_START + end });
    await assert.rejects(span(-1, 5), { code: 'outside-tape', field: 'start' });
    await assert.rejects(span(0, 900_001), { code: 'outside-tape', field: 'end' });
    await assert.rejects(span(Number.NaN, 5), { code: 'outside-tape', field: 'start' });
    await assert.rejects(span(5, 5), { code: 'empty-span' });
  });
});
