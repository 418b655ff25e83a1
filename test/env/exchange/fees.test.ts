import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InputError } from '../../../base/errors.ts';
import { createFeeModel } from '../../../env/exchange/create-fees.ts';
import { BINANCE_SCHEDULES } from '../../../env/exchange/fees-binance.ts';
import { TieredFees } from '../../../env/exchange/fees-tiered.ts';
import type { FeeModel } from '../../../env/exchange/models.ts';
import { DEFAULT_LANE, type FeeSettings } from '../../../env/settings.ts';
import { Market } from '../../../market/market.ts';
import { Desk, SNAPSHOT } from '../../support/desk.ts';

const DAY = 86_400e6;
const T0 = 19_900 * DAY;

function fees(settings: Partial<FeeSettings>): FeeModel {
  return createFeeModel({ ...DEFAULT_LANE.fees, ...settings });
}

/** Fees of a maker's and a taker's fill of 1000 quote, in bps. */
function bps(model: FeeModel, time = T0): readonly [number, number] {
  const round = (fee: number) => Math.round(1e6 * fee) / 1e5;
  return [round(model.fee(100, 10, true, time)), round(model.fee(100, 10, false, time))];
}

describe('fees', () => {
  it('by value: basis points of price × quantity; by quantity: whatever the price', () => {
    assert.deepEqual(bps(fees({ makerBps: -0.5, takerBps: 4 })), [-0.5, 4]);
    const model = fees({ model: 'quantity', makerPerUnit: -0.002, takerPerUnit: 0.003 });
    assert.equal(model.fee(100, 10, true, T0), -0.02);
    assert.equal(model.fee(5000, 10, true, T0), -0.02);
    assert.equal(model.fee(100, 10, false, T0), 0.03);
  });

  it('of Binance are those of its table, and 25 % (spot) or 10 % (futures) less in BNB', () => {
    assert.deepEqual(bps(fees({ model: 'binance-spot', tier: 'vip0' })), [10, 10]);
    assert.deepEqual(bps(fees({ model: 'binance-spot', tier: 'vip0', bnb: true })), [7.5, 7.5]);
    assert.deepEqual(bps(fees({ model: 'binance-spot', tier: 'vip9' })), [1.1, 2.3]);
    assert.deepEqual(bps(fees({ model: 'binance-usdm', tier: 'vip0' })), [2, 5]);
    assert.deepEqual(bps(fees({ model: 'binance-usdm', tier: 'vip0', bnb: true })), [1.8, 4.5]);
    assert.deepEqual(bps(fees({ model: 'binance-usdm', tier: 'VIP9' })), [0, 1.7]);
  });

  it('of Binance fall from tier to tier, for ever larger volumes', () => {
    for (const { tiers } of Object.values(BINANCE_SCHEDULES)) {
      assert.equal(tiers.length, 10);
      for (let i = 1; i < tiers.length; i++) {
        assert.ok(tiers[i].volume > tiers[i - 1].volume);
        assert.ok(tiers[i].makerBps <= tiers[i - 1].makerBps && tiers[i].takerBps <= tiers[i - 1].takerBps);
      }
    }
  });

  it('start in the tier that the volume before earns: exactly at its threshold, not a unit below', () => {
    const at = (startingVolume: number) => bps(fees({ model: 'binance-usdm', startingVolume }));
    assert.deepEqual(at(0), [2, 5]);
    assert.deepEqual(at(14_999_999), [2, 5]);
    assert.deepEqual(at(15e6), [1.6, 4]);
    assert.deepEqual(at(1e12), [0, 1.7]);
  });

  it('what is traded today counts from tomorrow on, and what was thirty days ago counts no more', () => {
    const model = fees({ model: 'binance-usdm' });
    model.fee(20_000, 1000, true, T0);
    assert.deepEqual(bps(model, T0 + DAY - 1), [2, 5], 'still the same day');
    assert.deepEqual(bps(model, T0 + DAY), [1.6, 4]);
    assert.deepEqual(bps(model, T0 + 30 * DAY), [1.6, 4], 'the thirtieth day after');
    assert.deepEqual(bps(model, T0 + 31 * DAY), [2, 5]);
    assert.deepEqual(bps(model, T0 + 4000 * DAY), [2, 5]);
  });

  it('forget a session when the next begins', () => {
    const model = fees({ model: 'binance-usdm' });
    model.fee(20_000, 1000, true, T0);
    model.begin?.({ seed: 0, market: new Market() });
    assert.deepEqual(bps(model, T0 + DAY), [2, 5]);
  });

  it('take the tier of the volume of the thirty days before, whatever is traded when', () => {
    const tiers = [
      { volume: 0, makerBps: 3, takerBps: 3 },
      { volume: 50, makerBps: 2, takerBps: 2 },
      { volume: 200, makerBps: 1, takerBps: 1 },
    ];
    const trade = fc.record({
      wait: fc.integer({ min: 0, max: 12 }),
      volume: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(trade, { maxLength: 30 }), (trades) => {
        const model = new TieredFees({ name: 'test', tiers, startingVolume: 0, factor: 1 });
        const done: { day: number; volume: number }[] = [];
        let day = 19_000;
        for (const { wait, volume } of trades) {
          day += wait;
          const fee = model.fee(volume, 1, true, day * DAY + 5);
          const before = done
            .filter((each) => each.day >= day - 30 && each.day < day)
            .reduce((sum, each) => sum + each.volume, 0);
          const expected = tiers.findLast((tier) => before >= tier.volume)?.makerBps ?? Number.NaN;
          assert.ok(Math.abs(fee - volume * expected * 1e-4) < 1e-9);
          done.push({ day, volume });
        }
      }),
    );
  });

  it('are refused with an unknown model or tier, naming the nearest, and with tiers out of order', () => {
    const refuse = (settings: object, hint: RegExp) =>
      assert.throws(
        () => fees(settings),
        (error) => error instanceof InputError && hint.test(error.hint ?? ''),
      );
    refuse({ model: 'binance-spt' }, /"binance-spot"/);
    refuse({ model: 'binance-spot', tier: 'vip33' }, /"vip3"/);
    const tier = (volume: number) => ({ volume, makerBps: 1, takerBps: 1 });
    for (const tiers of [[], [tier(5)], [tier(0), tier(9), tier(9)]]) {
      assert.throws(() => fees({ model: 'tiers', tiers }), { field: 'lane.fees.tiers' });
    }
    assert.throws(() => fees({ model: 'tiers', tiers: [tier(0)], startingVolume: -1 }), {
      field: 'lane.fees.startingVolume',
    });
  });

  it('of an order that takes are the taker’s', () => {
    const desk = new Desk([SNAPSHOT, { at: 900, bids: [[98, 1]] }], {
      timeInForce: 'gtc',
      fees: { makerBps: 1, takerBps: 5 },
    });
    desk.quote(100, { bid: 103, bidQuantity: 2 }).to(300);
    // Two units at 103 ticks of 0.5.
    assert.ok(Math.abs(desk.fills[0].fee - 103 * 5e-4) < 1e-12);
  });
});
