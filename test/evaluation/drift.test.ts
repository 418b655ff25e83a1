import assert from 'node:assert/strict';
import { type Generator, stream } from '../../base/random.ts';
import { describeFeature } from '../../env/feature-distribution.ts';
import { DriftDetector, type DriftOptions, type FeatureDrift } from '../../evaluation/drift.ts';
import { DEFAULT_DRIFT } from '../../evaluation/drift-settings.ts';
import { chanceIndex, populationStabilityIndex } from '../../evaluation/stability-index.ts';
import { FakeState, fakeView } from './fake-view.ts';

const shares = (counts: readonly number[]): number[] => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / total);
};

describe('population stability index', () => {
  it('by hand: 50/50 against 60/40', () => {
    // 0.1·ln(0.6/0.5) + (−0.1)·ln(0.4/0.5) = 0.0182322 + 0.0223144
    const index = populationStabilityIndex([0.5, 0.5], [0.6, 0.4]);
    assert.ok(Math.abs(index - 0.0405465) < 1e-7);
  });

  it('is the information value that the R package riskr prints for its tables', () => {
    // README of riskr: counts of two groups by age band, and by score band; the same formula under another name.
    const age = [
      [3290, 3061, 2271, 1191],
      [7807, 10404, 11793, 9877],
    ];
    assert.ok(Math.abs(populationStabilityIndex(shares(age[1]), shares(age[0])) - 0.19) < 0.0015);
    const score = [
      [1010, 1255, 1429, 1573, 1723],
      [999, 736, 579, 427, 269],
    ];
    assert.ok(Math.abs(populationStabilityIndex(shares(score[1]), shares(score[0])) - 0.374) < 0.0015);
  });

  it('takes counts as well, and is the same from either side', () => {
    const [a, b] = [
      [10, 20, 70],
      [30, 30, 40],
    ];
    const there = populationStabilityIndex(shares(a), b, 0, 100);
    assert.ok(Math.abs(there - populationStabilityIndex(shares(b), a, 0, 100)) < 1e-12);
    assert.ok(there > 0.3);
  });

  it('an empty bin counts as a hundredth of a percent', () => {
    const expected = (0.5 - 1e-4) * Math.log(0.5 / 1e-4) + 0.5 * Math.log(2);
    assert.ok(Math.abs(populationStabilityIndex([0.5, 0.5], [0, 1]) - expected) < 1e-12);
  });

  it('by chance alone it follows χ² as tables have it', () => {
    // Quantiles of 1 − 1e−5: scipy.stats.chi2.isf(1e-5, [1, 9, 19]).
    for (const [bins, quantile] of [
      [2, 19.511],
      [10, 39.341],
      [20, 57.373],
    ]) {
      const ratio = chanceIndex(bins, 1000, 500) / (quantile * (1 / 1000 + 1 / 500));
      assert.ok(ratio > 1 && ratio < (bins === 2 ? 1.12 : 1.02), `${bins} bins: ${ratio}`);
    }
  });

  it('of two samples of one distribution averages (bins − 1)(1/n + 1/m), and rarely passes its bound', () => {
    const random = stream(3, 'null');
    const [n, m, trials] = [400, 1000, 2000];
    const draw = (count: number): number[] => {
      const counts = new Array<number>(10).fill(0);
      for (let i = 0; i < count; i++) counts[random.integer(10)]++;
      return shares(counts);
    };
    let sum = 0;
    let beyond = 0;
    for (let i = 0; i < trials; i++) {
      const index = populationStabilityIndex(draw(m), draw(n));
      sum += index;
      if (index > chanceIndex(10, n, m)) beyond++;
    }
    const mean = 9 * (1 / n + 1 / m);
    assert.ok(Math.abs(sum / trials / mean - 1) < 0.05, `${sum / trials} beside ${mean}`);
    assert.equal(beyond, 0);
  });
});

describe('drift', () => {
  const NAMES = ['a', 'b', 'clock'];
  const SECOND = 1e6;
  const SETTINGS = { ...DEFAULT_DRIFT, windowSeconds: 600 };
  /** Two features that hang on to their past (0.99 a step), as a market's do, and one that the clock decides. */
  class Market {
    readonly observation = new Float32Array(3);
    readonly #random: Generator;
    time = 1_700_000_000 * SECOND;
    shift = 0;
    scale = 1;
    #a = 0;
    #b = 0;

    constructor(seed: number) {
      this.#random = stream(seed, 'market');
    }

    step(): void {
      const noise = Math.sqrt(1 - 0.99 ** 2);
      this.#a = 0.99 * this.#a + noise * this.#random.normal();
      this.#b = 0.99 * this.#b + noise * this.#random.normal();
      this.time += SECOND / 10;
      this.observation[0] = this.#a;
      this.observation[1] = this.scale * this.#b + this.shift;
      this.observation[2] = this.time / SECOND - 1_700_000_000;
    }
  }

  const training = (() => {
    const market = new Market(1);
    const columns = NAMES.map(() => new Float32Array(10_000));
    for (let i = 0; i < 100_000; i++) {
      market.step();
      if (i % 10 === 0) for (const [f, column] of columns.entries()) column[i / 10] = market.observation[f];
    }
    return columns.map(describeFeature);
  })();

  function detector(
    market: Market,
    options: Partial<DriftOptions> = {},
  ): { drift: DriftDetector; alarms: [string, number][] } {
    const alarms: [string, number][] = [];
    const drift = new DriftDetector({
      names: NAMES,
      reference: training,
      observation: market.observation,
      settings: SETTINGS,
      unjudged: ['clock'],
      onAlarm: ({ feature }, time) => alarms.push([feature, time]),
      ...options,
    });
    return { drift, alarms };
  }

  function play(market: Market, drift: DriftDetector, steps: number): void {
    for (let i = 0; i < steps; i++) {
      market.step();
      drift.observe(market.time);
    }
  }

  const of = (features: readonly FeatureDrift[], name: string): FeatureDrift =>
    features.find(({ feature }) => feature === name) ?? assert.fail(name);

  it('the same market raises no alarm in ten hours, though its values hang together', () => {
    const market = new Market(2);
    const { drift, alarms } = detector(market);
    play(market, drift, 360_000);
    assert.deepEqual(alarms, []);
    const { psi, chance, meanShift, deviationRatio, level } = of(drift.session(), 'a');
    assert.equal(level, 'stable');
    assert.ok((psi ?? 1) < 0.02 && (chance ?? 0) > 0.005, `${psi}, ${chance}`);
    assert.ok(Math.abs(meanShift ?? 1) < 0.1 && Math.abs((deviationRatio ?? 0) - 1) < 0.05);
  });

  it('a feature that shifts is named, and no other; the alarm ends when it is back', () => {
    const market = new Market(3);
    const { drift, alarms } = detector(market);
    play(market, drift, 12_000);
    market.shift = 2;
    play(market, drift, 12_000);
    assert.deepEqual(
      alarms.map(([name]) => name),
      ['b'],
    );
    const { psi, meanShift, alarmed, level } = of(drift.features, 'b');
    assert.ok(alarmed && level === 'alarm' && drift.alarmed);
    assert.ok((psi ?? 0) > 0.25 && Math.abs((meanShift ?? 0) - 2) < 0.5);
    assert.equal(of(drift.features, 'a').alarmed, false);
    market.shift = 0;
    play(market, drift, 12_000);
    assert.equal(drift.alarmed, false);
    assert.equal(alarms.length, 1);
    assert.ok(of(drift.session(), 'b').alarmed, 'the session remembers it');
  });

  it('an alarm lasts until the index is below the lower threshold', () => {
    const market = new Market(4);
    const { drift, alarms } = detector(market);
    market.shift = 0.6;
    play(market, drift, 40_000);
    const { psi } = of(drift.features, 'b');
    assert.ok((psi ?? 0) > 0.1, `${psi}`);
    const began = alarms.length;
    // Between the thresholds it neither ends nor begins again, where one threshold would flicker.
    market.shift = 0.5;
    play(market, drift, 40_000);
    assert.ok(alarms.length - began <= 1);
    assert.ok(alarms.every(([name]) => name === 'b'));
  });

  it('a few values very far away are seen by mean and deviation, where the index is blind', () => {
    const market = new Market(5);
    const { drift, alarms } = detector(market);
    for (let i = 0; i < 12_000; i++) {
      market.step();
      if (i % 50 === 0) market.observation[1] = 300;
      drift.observe(market.time);
    }
    const { psi, deviationRatio, alarmed } = of(drift.features, 'b');
    assert.ok((psi ?? 1) < 0.25 && (deviationRatio ?? 0) > 10 && alarmed);
    assert.deepEqual(
      alarms.map(([name]) => name),
      ['b'],
    );
  });

  it('what the clock decides is measured and never alarmed', () => {
    const market = new Market(6);
    const { drift, alarms } = detector(market);
    market.time += 1e6 * SECOND;
    play(market, drift, 10_000);
    const clock = of(drift.features, 'clock');
    assert.ok((clock.psi ?? 0) > 1);
    assert.deepEqual([clock.level, clock.alarmed, alarms.length], ['unjudged', false, 0]);
  });

  it('a constant of training that moves is alarmed, without a mean in deviations', () => {
    const market = new Market(7);
    const reference = [training[0], describeFeature(new Float32Array(1000).fill(0.2)), training[2]];
    const { drift, alarms } = detector(market, { reference });
    const play_ = (value: number, steps: number): void => {
      for (let i = 0; i < steps; i++) {
        market.step();
        market.observation[1] = value;
        drift.observe(market.time);
      }
    };
    play_(Math.fround(0.2), 6000);
    assert.deepEqual([of(drift.features, 'b').psi, alarms.length], [0, 0]);
    play_(0.3, 6000);
    assert.equal(alarms[0][0], 'b');
    assert.deepEqual(
      [of(drift.features, 'b').meanShift, of(drift.features, 'b').deviationRatio],
      [null, null],
    );
  });

  it('says nothing before there are enough decisions, and judges nothing before ten parts of the window', () => {
    const market = new Market(8);
    const { drift } = detector(market);
    play(market, drift, 900);
    assert.ok(drift.features.every(({ psi }) => psi === null));
    assert.equal(drift.session()[0].psi, null);
    market.shift = 9;
    const short = detector(market, { settings: { ...SETTINGS, windowSeconds: 36_000 } });
    play(market, short.drift, 4000);
    assert.ok((of(short.drift.session(), 'b').psi ?? 0) > 1);
    assert.deepEqual([of(short.drift.session(), 'b').level, short.alarms.length], ['unjudged', 0]);
  });

  it('forgets what is older than the window, and what more decisions have pushed out', () => {
    for (const settings of [SETTINGS, { ...SETTINGS, windowSeconds: 1e6, windowDecisions: 6000 }]) {
      const market = new Market(9);
      const { drift } = detector(market, { settings });
      market.shift = 5;
      play(market, drift, 6000);
      market.shift = 0;
      play(market, drift, 6200);
      assert.ok(Math.abs(of(drift.features, 'b').meanShift ?? 9) < 0.6);
      assert.ok((of(drift.session(), 'b').meanShift ?? 0) > 2);
    }
    // A hole in the decisions ages the window as time does.
    const market = new Market(9);
    const { drift } = detector(market);
    market.shift = 5;
    play(market, drift, 6000);
    market.shift = 0;
    market.time += 3600 * SECOND;
    play(market, drift, 3000);
    assert.ok(Math.abs(of(drift.features, 'b').meanShift ?? 9) < 0.8);
  });

  it('alarms at the same times whatever came before the window, on the clock of the ticks', () => {
    const times = [0, 3].map((hours) => {
      const market = new Market(10);
      const { drift, alarms } = detector(market);
      if (hours > 0) {
        market.time -= hours * 3600 * SECOND;
        const before = market.time;
        market.observation.fill(0);
        drift.observe(before);
        market.time += hours * 3600 * SECOND;
      }
      market.shift = 2;
      play(market, drift, 8000);
      return alarms;
    });
    assert.ok(times[0].length > 0);
    assert.deepEqual(times[1], times[0]);
  });

  it('leaves out decisions on a book that is not known, and features that are not finite', () => {
    const market = new Market(11);
    const { drift } = detector(market);
    const state = new FakeState();
    const view = fakeView(state);
    market.step();
    for (let i = 0; i < 5000; i++) {
      state.time = 1_700_000_000 * SECOND + i * 1e5;
      state.synchronised = false;
      drift.onDecision(view);
      state.synchronised = true;
      market.observation[0] = Number.NaN;
      drift.onDecision(view);
    }
    assert.equal(drift.session()[0].psi, null);
    market.observation[0] = 0;
    for (let i = 0; i < 1200; i++) drift.onDecision(view);
    assert.notEqual(drift.session()[0].psi, null);
  });
});
