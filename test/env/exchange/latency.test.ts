import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InputError } from '../../../base/errors.ts';
import { createLatencyModel } from '../../../env/exchange/create-latency.ts';
import { ConstantLatency } from '../../../env/exchange/latency.ts';
import type { LatencyModel } from '../../../env/exchange/models.ts';
import { DEFAULT_LANE, type LatencySettings } from '../../../env/settings.ts';
import { Market } from '../../../market/market.ts';
import { BID } from '../../../market/side.ts';
import { Desk, SNAPSHOT } from '../../support/desk.ts';
import { SCRIPT_START, type ScriptMessage } from '../../support/script-tape.ts';

const QUIET: readonly ScriptMessage[] = [SNAPSHOT, { at: 2000, bids: [[98, 1]] }];

function begun(settings: Partial<LatencySettings>, seed = 0): LatencyModel {
  const model = createLatencyModel({ ...DEFAULT_LANE.latency, ...settings });
  model.begin?.({ seed, market: new Market() });
  return model;
}

function draws(model: LatencyModel, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => model.entry(1000 * i)).toSorted();
}

describe('latency models', () => {
  it('log-normal: half of the messages take less than the median, one in a hundred more than P99', () => {
    // P99 of 40 ms at a median of 10 ms: σ = ln 4 / 2.3263.
    const sigma = Math.log(4) / 2.3263478740408408;
    const sorted = draws(begun({ model: 'log-normal', entryMs: 10, sigma }), 100_000);
    assert.ok(Math.abs(sorted[50_000] - 10_000) < 100, `${sorted[50_000]}`);
    assert.ok(Math.abs(sorted[99_000] - 40_000) < 2000, `${sorted[99_000]}`);
  });

  it('spikes: the base is the least, jitter has its mean, a share of the time is late by the size of a spike', () => {
    const calm = draws(begun({ model: 'spikes', entryMs: 5, jitterMs: 2 }), 100_000);
    assert.ok(calm[0] >= 5000);
    const mean = calm.reduce((sum, value) => sum + value, 0) / calm.length;
    assert.ok(Math.abs(mean - 7000) < 50, `${mean}`);
    const spiky = begun({
      model: 'spikes',
      entryMs: 5,
      spikeProbability: 0.1,
      spikeMs: 200,
      spikeDurationMs: 50,
    });
    let late = 0;
    for (let stretch = 0; stretch < 20_000; stretch++) {
      const [first, last] = [spiky.entry(50_000 * stretch), spiky.entry(50_000 * stretch + 49_999)];
      assert.equal(first, last, 'a stretch is a spike from its beginning to its end');
      assert.ok(first === 5000 || first === 205_000);
      if (first > 5000) late++;
    }
    assert.ok(Math.abs(late / 20_000 - 0.1) < 0.008, `${late}`);
  });

  it('spikes come when they come, whatever is sent: two lanes of one seed meet the same', () => {
    const settings = { model: 'spikes', entryMs: 0, spikeProbability: 0.5, spikeMs: 9 } as const;
    const often = begun(settings, 5);
    const seldom = begun(settings, 5);
    const other = begun(settings, 6);
    const stretches = Array.from({ length: 200 }, (_, i) => 1_000_000 * i);
    const met = stretches.map((time) => {
      for (let i = 0; i < 10; i++) often.entry(time + i);
      return often.entry(time);
    });
    const backwards = stretches.toReversed().map((time) => seldom.entry(time));
    assert.deepEqual(met, backwards.toReversed());
    assert.deepEqual([...new Set(met)].sort(), [0, 9000]);
    assert.notDeepEqual(
      stretches.map((time) => often.entry(time)),
      stretches.map((time) => other.entry(time)),
    );
  });

  it('draws the same again after a session began with the same seed, whatever was drawn before', () => {
    for (const model of ['log-normal', 'spikes'] as const) {
      const latency = createLatencyModel({ model, entryMs: 10, responseMs: 5, feedMs: 2, jitterMs: 3 });
      const market = new Market();
      const session = (seed: number) => {
        latency.begin?.({ seed, market });
        return Array.from({ length: 50 }, (_, i) => [
          latency.entry(i),
          latency.response(i),
          latency.feed?.(i),
        ]);
      };
      const first = session(1);
      const other = session(2);
      assert.notDeepEqual(other, first);
      assert.deepEqual(session(1), first);
    }
  });

  it('is refused with parameters that cannot be, and by an unknown name with the nearest', () => {
    const refuse = (settings: object, field: string) =>
      assert.throws(
        () => createLatencyModel({ ...DEFAULT_LANE.latency, ...settings }),
        (error) => error instanceof InputError && error.field === field,
      );
    refuse({ entryMs: -1 }, 'lane.latency.entryMs');
    refuse({ feedMs: Number.NaN }, 'lane.latency.feedMs');
    refuse({ spikeProbability: 1.01 }, 'lane.latency.spikeProbability');
    refuse({ scale: 0 }, 'lane.latency.scale');
    refuse({ model: 'file' }, 'lane.latency.file');
    assert.throws(
      () => createLatencyModel({ ...DEFAULT_LANE.latency, model: 'lognormal' as 'log-normal' }),
      (error) => error instanceof InputError && error.hint === 'Did you mean "log-normal"?',
    );
  });
});

describe('messages on their way', () => {
  it('an order sent on the book of t leaves one feed latency later; its round trip is entry and response', () => {
    const latency = new ConstantLatency(10, 30, 20);
    const desk = new Desk(QUIET, {}, { latency }).quote(100, { bid: 100, bidQuantity: 1 });
    desk.to(129);
    assert.equal(desk.lane.openOrders(BID).length, 0);
    desk.to(130);
    assert.equal(desk.lane.openOrders(BID).length, 1, 'at 100 + feed 20 + entry 10');
    // The answer of 130 reaches the agent at 160 on its clock: when it sees the book of 140.
    desk.to(139);
    assert.ok(Number.isNaN(desk.lane.view.bid.queueAhead));
    desk.to(140);
    assert.equal(desk.lane.view.bid.queueAhead, 8);
    assert.deepEqual(desk.events, ['placed 100', 'acknowledged after 40']);
    assert.equal(desk.lane.view.ackP99Ms, 40);
  });

  it('what is told faster than market data is known with the market data of its time', () => {
    const messages: ScriptMessage[] = [SNAPSHOT, { at: 200, sell: [99, 1] }, { at: 900, bids: [[98, 1]] }];
    const latency = new ConstantLatency(10, 5, 20);
    const desk = new Desk(messages, {}, { latency }).quote(100, { bid: 100, bidQuantity: 1 });
    desk.to(199);
    assert.equal(desk.lane.view.inventory, 0);
    desk.to(200);
    assert.equal(desk.lane.view.inventory, 1, 'the fill and the trade that made it are seen at once');
    assert.equal(desk.lane.view.ackP99Ms, 15, 'measured by its own time');
  });

  it('fills that happen while the agent looks at an older book are the better the older it is', () => {
    const fillsAt = (feedMs: number) => {
      const messages: ScriptMessage[] = [SNAPSHOT, { at: 125, sell: [99, 1] }, { at: 900, bids: [[98, 1]] }];
      const desk = new Desk(messages, {}, { latency: new ConstantLatency(10, 5, feedMs) });
      return desk.quote(100, { bid: 100, bidQuantity: 1 }).to(300).story;
    };
    assert.deepEqual(fillsAt(0), ['buy 1@100 through'], 'there at 110');
    assert.deepEqual(fillsAt(20), [], 'there at 130 only');
  });

  it('a variable feed latency never lets the agent’s clock go back', () => {
    let call = 0;
    const sent: number[] = [];
    const latency: LatencyModel = {
      name: 'feed falls from 80 ms to 0',
      entry: (time) => {
        sent.push(Desk.at(time));
        return 0;
      },
      response: () => 0,
      feed: () => [80_000, 0, 0][call++] ?? 0,
    };
    const desk = new Desk(QUIET, {}, { latency });
    for (const [i, at] of [100, 150, 200].entries()) desk.quote(at, { bid: 90 + i, bidQuantity: 1 });
    assert.deepEqual(sent, [180, 180, 180, 200, 200]);
  });

  it('messages of one leg keep their order where the model says so, and overtake each other where not', () => {
    const arrivals = (inOrder: boolean) => {
      const latency: LatencyModel = {
        name: 'ever faster',
        inOrder,
        entry: (time) => (time < SCRIPT_START + 150_000 ? 300_000 : 10_000),
        response: () => 0,
      };
      const desk = new Desk(QUIET, {}, { latency });
      desk
        .quote(100, { bid: 100, bidQuantity: 1 })
        .quote(200, { ask: 104, askQuantity: 1, bid: 100, bidQuantity: 1 });
      desk.to(1000);
      return desk.events.filter((event) => event.startsWith('ack'));
    };
    assert.deepEqual(arrivals(false), ['acknowledged after 10', 'acknowledged after 300']);
    assert.deepEqual(arrivals(true), ['acknowledged after 300', 'acknowledged after 200']);
  });

  it('an order with a negative entry latency is rejected, and its sender knows that much later', () => {
    const latency: LatencyModel = {
      name: 'lost',
      entry: (time) => (time < SCRIPT_START + 150_000 ? -70_000 : 10_000),
      response: () => 5000,
    };
    const desk = new Desk(QUIET, {}, { latency }).quote(100, { bid: 100, bidQuantity: 1 });
    desk.to(169);
    assert.ok(desk.lane.view.bid.active);
    desk.to(170);
    assert.equal(desk.lane.view.bid.active, false);
    assert.deepEqual(desk.events, ['placed 100', 'rejected 170 lost', 'acknowledged after 70']);
    assert.equal(desk.lane.refusals.lost, 1);
  });

  it('a cancel that is lost leaves the order open, and is sent again at the next decision after', () => {
    const latency: LatencyModel = {
      name: 'lost cancel',
      entry: (time) => (time === SCRIPT_START + 200_000 ? -50_000 : 10_000),
      response: () => 5000,
    };
    const desk = new Desk(QUIET, {}, { latency }).quote(100, { bid: 100, bidQuantity: 1 });
    desk.quote(200, {}).to(249);
    assert.equal(desk.lane.view.cancellingBid, 1);
    desk.quote(240, {}).quote(260, {}).to(269);
    assert.equal(desk.lane.openOrders(BID).length, 1, 'it may still fill');
    desk.to(270);
    assert.equal(desk.lane.openOrders(BID).length, 0);
    assert.equal(desk.lane.refusals.cancelLost, 1);
    assert.equal(desk.lane.view.cancellingBid, 1);
    desk.to(275);
    assert.equal(desk.lane.view.cancellingBid, 0);
  });

  it('a cancel that is lost tells nothing of its order: a fill is known by its own message, not before', () => {
    const latency: LatencyModel = {
      name: 'lost cancel',
      entry: (time) => (time === SCRIPT_START + 200_000 ? -50_000 : 10_000),
      response: () => 80_000,
    };
    const messages: ScriptMessage[] = [SNAPSHOT, { at: 240, sell: [99, 1] }, { at: 900, bids: [[98, 1]] }];
    const desk = new Desk(messages, {}, { latency }).quote(100, { bid: 100, bidQuantity: 1 });
    const { view } = desk.quote(200, {}).to(260).lane;
    assert.deepEqual(desk.story, ['buy 1@100 through']);
    // The cancel was lost at 250; what filled at 240 is known at 320. Until then it may still fill, for all one knows.
    assert.deepEqual([view.inventory, view.cancellingBid], [0, 1]);
    desk.to(319);
    assert.deepEqual([view.inventory, view.cancellingBid], [0, 1]);
    desk.to(320);
    assert.deepEqual([view.inventory, view.cancellingBid], [1, 0]);
  });

  it('a model that answers what no message can take is refused by its name', () => {
    const legs = { entry: () => 1000, response: () => 1000, feed: () => 0 };
    for (const wrong of [
      { entry: () => Number.NaN },
      { response: () => -1 },
      { feed: () => -1 },
      { response: () => Infinity },
    ]) {
      const desk = new Desk(QUIET, {}, { latency: { name: 'my own', ...legs, ...wrong } });
      assert.throws(
        () => desk.quote(100, { bid: 100, bidQuantity: 1 }).to(300),
        (error) => error instanceof InputError && /"my own"/.test(error.message),
      );
    }
    const fees = { name: 'my fees', fee: () => Number.NaN };
    const desk = new Desk(QUIET, { timeInForce: 'gtc' }, { fees });
    assert.throws(() => desk.quote(100, { bid: 103, bidQuantity: 1 }).to(300), { code: 'bad-fees' });
  });

  it('no order acts before it arrived, none fills after its cancel did', () => {
    const trade = fc.record({
      at: fc.integer({ min: 101, max: 400 }),
      price: fc.integer({ min: 98, max: 103 }),
    });
    fc.assert(
      fc.property(
        fc.array(trade, { maxLength: 20 }),
        fc.integer({ min: 0, max: 120 }),
        fc.integer({ min: 0, max: 120 }),
        fc.integer({ min: 0, max: 60 }),
        (trades, entryMs, responseMs, feedMs) => {
          const messages: ScriptMessage[] = [
            SNAPSHOT,
            ...trades
              .toSorted((a, b) => a.at - b.at)
              .map(({ at, price }): ScriptMessage => ({ at, sell: [price, 3] })),
            { at: 900, bids: [[98, 1]] },
          ];
          const latency = new ConstantLatency(entryMs, responseMs, feedMs);
          const desk = new Desk(messages, {}, { latency }).quote(100, { bid: 101, bidQuantity: 2 });
          desk.quote(250, {}).to(800);
          for (const { time } of desk.fills) {
            assert.ok(Desk.at(time) > 100 + feedMs + entryMs);
            // A trade at the very time of the cancel comes before it.
            assert.ok(Desk.at(time) <= 250 + feedMs + entryMs);
          }
        },
      ),
    );
  });
});
