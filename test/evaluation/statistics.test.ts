import assert from 'node:assert/strict';
import { stream } from '../../base/random.ts';
import { BlockTable } from '../../evaluation/block-table.ts';
import { expandedPercentile, expandedTail, studentQuantile } from '../../evaluation/intervals.ts';
import { KpiRecorder } from '../../evaluation/kpi-recorder.ts';
import { Column, ratioKpis } from '../../evaluation/kpi-sums.ts';
import type { Kpis } from '../../evaluation/kpis.ts';
import { COMPARED_KPIS, compare, type Score } from '../../evaluation/statistics.ts';

const OPTIONS = { blockSeconds: 60, resamples: 400, significance: 0.05, seed: 3 };
const EMPTY: Kpis = new KpiRecorder({
  instrument: { venue: 'binance-spot', symbol: 'AAAUSDT', tickSize: 1, stepSize: 1 },
}).result();

/** A lane's score from PnL per 10-second row; trades and orders come along so that ratios exist. */
function score(pnl: readonly number[]): Score {
  const blocks = new BlockTable(0, 10e6);
  pnl.forEach((value, row) => {
    blocks.add(row, Column.pnl, value);
    blocks.add(row, Column.fills, 2);
    blocks.add(row, Column.volume, 100);
    blocks.add(row, Column.orders, 10);
    blocks.add(row, Column.cancels, 7);
    blocks.add(row, Column.filledOrders, 1);
    blocks.add(row, Column.seconds, 10);
    blocks.add(row, Column.squaredInventory, 40);
    blocks.add(row, Column.increments, 1);
    blocks.add(row, Column.incrementSum, value);
    blocks.add(row, Column.incrementSquares, value * value);
  });
  return { kpis: { ...EMPTY, ...ratioKpis(blocks.total()), maxInventory: 3, maxDrawdown: 1 }, blocks };
}

/** Two lanes in one market: a shared shock per row, an own autocorrelated noise, and `effect` per row between them. */
function pair(rows: number, effect: number, seed: number): readonly [Score, Score] {
  const generator = stream(seed, 'test/pair');
  const ours: number[] = [];
  const theirs: number[] = [];
  let noise = 0;
  for (let row = 0; row < rows; row++) {
    const market = 5 * generator.normal();
    noise = 0.5 * noise + generator.normal();
    ours.push(market + noise + effect);
    theirs.push(market);
  }
  return [score(ours), score(theirs)];
}

describe('Student and the expanded percentile', () => {
  it("quantiles are those of Student's tables", () => {
    for (const [degrees, expected] of [
      [9, 2.2622],
      [29, 2.0452],
      [120, 1.9799],
    ]) {
      assert.ok(Math.abs(studentQuantile(0.975, degrees) - expected) < 1e-3, `${degrees}`);
    }
  });

  it('tails narrow towards α/2 as blocks grow', () => {
    assert.ok(expandedTail(0.05, 10) < 0.01);
    assert.ok(Math.abs(expandedTail(0.05, 100_000) - 0.025) < 1e-4);
  });

  it('the p-value is below 5 % exactly when the interval leaves out 0', () => {
    const generator = stream(1, 'test/intervals');
    for (let i = 0; i < 60; i++) {
      const shift = -4 + i / 7.5;
      const values = Float64Array.from({ length: 999 }, () => shift + generator.normal());
      const { ci, pValue } = expandedPercentile(values, 30, 0.05);
      assert.equal(pValue < 0.05, ci[0] > 0 || ci[1] < 0, `shift ${shift}: p ${pValue}, CI ${ci}`);
    }
  });
});

describe('Comparing two lanes on the same ticks', () => {
  it('identical lanes differ by exactly 0 in every KPI, and nothing is concluded', () => {
    const [candidate] = pair(600, 0, 1);
    const [again] = pair(600, 0, 1);
    const { difference, verdict } = compare(candidate, again, OPTIONS);
    for (const name of COMPARED_KPIS) {
      if (name === 'hitRatioPct' || name === 'spreadCapturedPct' || name === 'ackP99Ms') {
        assert.equal(difference[name].absolute, null, name);
        continue;
      }
      assert.equal(difference[name].absolute, 0, name);
      if (difference[name].ci95 !== null) {
        assert.deepEqual(difference[name].ci95, [0, 0], name);
        assert.equal(difference[name].pValue, 1, name);
      }
    }
    assert.equal(verdict, 'inconclusive');
  });

  it('the same seed gives the same interval, another seed another', () => {
    const [candidate, baseline] = pair(600, 0.1, 2);
    const once = compare(candidate, baseline, OPTIONS).difference.pnl.ci95;
    assert.deepEqual(compare(candidate, baseline, OPTIONS).difference.pnl.ci95, once);
    assert.notDeepEqual(compare(candidate, baseline, { ...OPTIONS, seed: 4 }).difference.pnl.ci95, once);
  });

  it('intervals cover a known effect about 95 % of the time, and no effect is mostly inconclusive', () => {
    const repetitions = 150;
    const rows = 240;
    let covered = 0;
    let falseAlarms = 0;
    let found = 0;
    for (let seed = 0; seed < repetitions; seed++) {
      const effect = compare(...pair(rows, 1, seed), OPTIONS);
      const [low, high] = effect.difference.pnl.ci95 as readonly [number, number];
      if (low <= rows && rows <= high) covered++;
      if (effect.verdict === 'better') found++;
      if (compare(...pair(rows, 0, 10_000 + seed), OPTIONS).verdict !== 'inconclusive') falseAlarms++;
    }
    // Binomial(150, 0.95) stays above 132 with 99.9 %; autocorrelation cut at block ends costs a little.
    assert.ok(covered >= 131, `covered ${covered} of ${repetitions}`);
    assert.ok(falseAlarms <= 19, `${falseAlarms} false alarms of ${repetitions}`);
    assert.ok(found >= 142, `found ${found} of ${repetitions}`);
  }).timeout(30_000);

  it('pairing cancels the market: the interval is far narrower than the lanes themselves vary', () => {
    const [candidate, baseline] = pair(600, 0.5, 5);
    const paired = compare(candidate, baseline, OPTIONS).difference.pnl.ci95 as readonly [number, number];
    const [stranger] = pair(600, 0, 77);
    const unpaired = compare(candidate, stranger, OPTIONS).difference.pnl.ci95 as readonly [number, number];
    assert.ok(unpaired[1] - unpaired[0] > 2 * (paired[1] - paired[0]));
  });

  it('a worse candidate is called worse', () => {
    const { verdict, difference } = compare(...pair(600, -1, 6), OPTIONS);
    assert.equal(verdict, 'worse');
    assert.ok((difference.pnl.pValue ?? 1) < 0.05);
  });

  it('too few blocks: no interval, inconclusive, and the reason says so', () => {
    const { verdict, reason, difference } = compare(...pair(30, 5, 7), OPTIONS);
    assert.equal(verdict, 'inconclusive');
    assert.equal(difference.pnl.ci95, null);
    assert.equal(difference.pnl.pValue, null);
    assert.notEqual(difference.pnl.absolute, null);
    assert.match(reason, /too few/);
  });

  it('blocks are told as long as they are: whole Sharpe intervals', () => {
    const { reason, bootstrap } = compare(...pair(30, 5, 7), { ...OPTIONS, blockSeconds: 3 });
    assert.equal(bootstrap.blockSeconds, 10);
    assert.doesNotMatch(reason, /blocks/);
    assert.match(compare(...pair(30, 5, 7), { ...OPTIONS, blockSeconds: 56 }).reason, /5 blocks of 60 s/);
  });

  it('a p-value above the significance is the reason where the interval leaves out 0', () => {
    const { verdict, reason, difference } = compare(...pair(600, -1, 6), { ...OPTIONS, significance: 1e-9 });
    assert.equal(verdict, 'inconclusive');
    assert.ok((difference.pnl.ci95 as readonly [number, number])[1] < 0);
    assert.doesNotMatch(reason, /contains 0/);
    assert.match(reason, /p-value .* is not below the significance asked for, 1e-9/);
  });

  it('relative differences are told only where they mean something', () => {
    const level = (value: number) => score(Array.from({ length: 120 }, () => value));
    const relative = (a: number, b: number) => {
      const { relative, relativeNote } = compare(level(a), level(b), OPTIONS).difference.pnl;
      return [relative, relativeNote];
    };
    assert.deepEqual(relative(3, 2), [0.5, null]);
    assert.deepEqual(relative(-1, -2), [0.5, null]);
    assert.deepEqual(relative(1, 0), [null, 'baseline is 0']);
    assert.deepEqual(relative(1, -2), [null, 'baseline has the other sign']);
  });
});
