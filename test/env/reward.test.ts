import assert from 'node:assert/strict';
import { RewardMeter } from '../../env/market-making/reward.ts';
import { DEFAULT_MARKET_MAKING } from '../../env/settings.ts';

const SETTINGS = {
  ...DEFAULT_MARKET_MAKING.reward,
  inventoryPenalty: 0.01,
  cancelPenalty: 0.1,
  latencyPenalty: 0.001,
  latencyBudgetMs: 300,
};

describe('RewardMeter', () => {
  it('adds up PnL over scale, inventory, cancels and milliseconds over budget', () => {
    const meter = new RewardMeter(SETTINGS, 100, 0.5);
    meter.begin(100);
    meter.onOrder('cancelled', 0);
    meter.onOrder('cancelled', 0);
    meter.onOrder('placed', 0);
    meter.onAcknowledge(290);
    meter.onAcknowledge(340);
    const reward = meter.end(102, -3);
    assert.deepEqual(meter.parts, { pnl: 4, inventory: -0.09, cancel: -0.2, latency: -0.04 });
    assert.ok(Math.abs(reward - 3.67) < 1e-12);
  });

  it('charges inventory by the time it is held, whatever the decision interval', () => {
    const rates = [50, 100].map((interval) => {
      const meter = new RewardMeter(SETTINGS, interval, 1);
      meter.begin(0);
      return meter.end(0, 2) / interval;
    });
    assert.equal(rates[0], rates[1]);
  });

  it('counts each step by itself, and its settings may name the scale', () => {
    const meter = new RewardMeter({ ...SETTINGS, scale: 2 }, 100, 0.5);
    meter.begin(0);
    meter.onOrder('cancelled', 0);
    meter.onAcknowledge(1000);
    meter.begin(10);
    assert.equal(meter.end(14, 0), 2);
    assert.equal(meter.cancels, 0);
  });
});
