import assert from 'node:assert/strict';
import { stream } from '../../base/random.ts';
import { Curriculum } from '../../training/curriculum.ts';
import { EarlyStop } from '../../training/early-stop.ts';

describe('the curriculum', () => {
  const settings = { startTicks: 2, endTicks: 5, widenAt: 0.3, widenedAt: 0.6 };

  it('holds ±2 ticks, widens linearly, and reaches ±5', () => {
    const curriculum = new Curriculum(settings);
    const bounds = [0, 299, 300, 450, 600, 1000].map((t) => curriculum.advance(t, 1000));
    assert.deepEqual(bounds, [2, 2, 2, 3.5, 5, 5]);
    assert.equal(curriculum.stage, 1);
  });

  it('never narrows when a resumed run is given more timesteps', () => {
    const curriculum = new Curriculum(settings);
    curriculum.advance(600, 1000);
    assert.equal(curriculum.advance(600, 10_000), 5);
  });

  it('is off when both bounds are equal', () => {
    const curriculum = new Curriculum({ ...settings, startTicks: 5 });
    assert.deepEqual([curriculum.advance(0, 10), curriculum.stage], [5, 1]);
  });
});

describe('early stop', () => {
  /** Timestep at which it stops for episodes of 100 steps with these rewards; undefined if never. */
  function stopsAt(
    stop: EarlyStop,
    reward: (timestep: number) => number,
    until = 20_000,
  ): number | undefined {
    for (let t = 100; t <= until; t += 100) if (stop.onEpisode(t, reward(t))) return t;
    return undefined;
  }

  it('waits for two whole windows, then stops where the mean stands still', () => {
    const noise = stream(1, 'noise');
    const at = stopsAt(new EarlyStop({ window: 2_000, tolerance: 0.3 }), () => noise.normal());
    assert.ok(at !== undefined && at >= 4_000 && at < 8_000, `${at}`);
  });

  it('goes on while the mean moves by more than 0.3 σ a window', () => {
    const noise = stream(2, 'noise');
    // One σ a window: t / 2000 against noise of deviation 1 (a trend within a window adds little to σ).
    const stop = new EarlyStop({ window: 2_000, tolerance: 0.3 });
    assert.equal(
      stopsAt(stop, (t) => (2 * t) / 2_000 + 0.5 * noise.normal()),
      undefined,
    );
  });

  it('starts over where the task changes, needs five episodes a window, and is off at window 0', () => {
    const stop = new EarlyStop({ window: 1_000, tolerance: 0.3 });
    assert.equal(
      stopsAt(stop, () => 1, 1_900),
      undefined,
    );
    stop.restart(1_900);
    assert.equal(stop.onEpisode(3_800, 1), false);
    assert.equal(stop.onEpisode(3_950, 1), false, 'too few episodes');
    assert.equal(
      stopsAt(new EarlyStop({ window: 0, tolerance: 1 }), () => 1),
      undefined,
    );
  });

  it('goes on from its state', () => {
    const [a, b] = [
      new EarlyStop({ window: 1_000, tolerance: 0 }),
      new EarlyStop({ window: 1_000, tolerance: 0 }),
    ];
    stopsAt(a, (t) => t, 5_000);
    b.importState(JSON.parse(JSON.stringify(a.exportState())));
    assert.deepEqual(b.exportState(), a.exportState());
  });
});
