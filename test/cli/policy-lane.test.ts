import assert from 'node:assert/strict';
import { policyLane } from '../../cli/evaluation/policy-lane.ts';
import { DEFAULT_LANE, type LaneSettings } from '../../env/settings.ts';

describe('the lane a policy is judged in', () => {
  const trained: LaneSettings = {
    ...DEFAULT_LANE,
    latency: { ...DEFAULT_LANE.latency, entryMs: 5, responseMs: 5 },
    decisionIntervalMs: 50,
  };

  it('is the one it was trained in where nothing is given', () => {
    assert.deepEqual(policyLane(DEFAULT_LANE, trained, new Set()), trained);
  });

  it('is what was given, even where that is the default', () => {
    const lane = policyLane(DEFAULT_LANE, trained, new Set(['lane.latency.entryMs', 'lane.maxInventory']));
    assert.deepEqual(lane, {
      ...trained,
      latency: { ...trained.latency, entryMs: DEFAULT_LANE.latency.entryMs },
    });
  });

  it('is as by default in what a policy of an earlier release does not tell', () => {
    const { timeInForce: _, impact: __, ...earlier } = trained;
    const latency = { entryMs: 5, responseMs: 5 };
    assert.deepEqual(policyLane(DEFAULT_LANE, { ...earlier, latency }, new Set()), trained);
  });
});
