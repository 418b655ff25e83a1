import assert from 'node:assert/strict';
import { AvellanedaStoikov } from '../../agents/avellaneda-stoikov.ts';
import { FixedSpread } from '../../agents/fixed-spread.ts';
import { V15 } from '../../agents/v15.ts';
import { Lane } from '../../env/lane.ts';
import { runSession } from '../../env/session.ts';
import { DEFAULT_LANE } from '../../env/settings.ts';
import { TapeReplay } from '../../market/replay.ts';
import { SYNTHETIC_INSTRUMENT, syntheticTape } from '../support/synthetic-tape.ts';

describe('baselines at the inventory limit', () => {
  const limit = 2;

  for (const latencyMs of [0, 10, 250]) {
    it(`never hold more than q_max, orders that fill while being cancelled included, at ${latencyMs} ms`, async () => {
      const replay = new TapeReplay([syntheticTape(3, 180)], { warmupSeconds: 10 });
      const settings = {
        ...DEFAULT_LANE,
        maxInventory: limit,
        latency: { entryMs: latencyMs, responseMs: latencyMs },
      };
      const quoters = [new AvellanedaStoikov(), new V15(), new FixedSpread({ spread: 1 })];
      const largest = quoters.map(() => 0);
      const lanes = quoters.map((quoter, i) => ({
        quoter,
        lane: new Lane({
          instrument: SYNTHETIC_INSTRUMENT,
          settings,
          lot: 0.5,
          seed: 1,
          listeners: [
            {
              onInventory: (_, inventory) => {
                largest[i] = Math.max(largest[i], Math.abs(inventory));
              },
            },
          ],
        }),
      }));
      await runSession({ replay, lanes });
      assert.ok(Math.max(...largest) > limit - 1, `nobody came near the limit: ${largest}`);
      largest.forEach((inventory, i) => {
        assert.ok(inventory <= limit + 1e-9, `${quoters[i].name} held ${inventory} lots of ${limit}`);
      });
    });
  }
});
