import assert from 'node:assert/strict';
import { formatNumber, KPI_LABELS } from '../../evaluation/kpi-labels.ts';
import { KpiRecorder } from '../../evaluation/kpi-recorder.ts';
import type { Kpis } from '../../evaluation/kpis.ts';
import { judgeTargets } from '../../evaluation/targets.ts';
import { kpiTable } from '../../evaluation/text-table.ts';

const EMPTY: Kpis = new KpiRecorder({
  instrument: { venue: 'binance-spot', symbol: 'AAAUSDT', tickSize: 1, stepSize: 1 },
}).result();

function judge(candidate: Partial<Kpis>, v15: Partial<Kpis>, v1: Partial<Kpis>) {
  const targets = judgeTargets({
    candidate: { ...EMPTY, ...candidate },
    v15: { ...EMPTY, ...v15 },
    v1: { ...EMPTY, ...v1 },
    maxInventory: 10,
  });
  return Object.fromEntries(targets.map((target) => [target.name, target]));
}

describe('Targets', () => {
  it('V2 succeeds at +15 % PnL per trade, 60 % of the inventory, +20 % Sharpe', () => {
    const targets = judge(
      { pnlPerTrade: 1.2, rmsInventory: 3, sharpe: 0.5, ackP99Ms: 20, cancelRatioPct: 70 },
      { pnlPerTrade: 1, sharpe: 0.45 },
      { rmsInventory: 5 },
    );
    assert.equal(targets.pnlPerTradeOverV15.met, true);
    assert.ok(Math.abs((targets.pnlPerTradeOverV15.value ?? 0) - 20) < 1e-9);
    assert.equal(targets.rmsInventoryOfV1.value, 60);
    assert.equal(targets.rmsInventoryOfV1.met, true);
    assert.equal(targets.sharpeOverV15.met, false);
    assert.equal(targets.ackP99.met, true);
    assert.equal(targets.cancelRatio.met, true);
    assert.equal(targets.rmsInventoryOfLimit.value, 30);
  });

  it('without data, or over a baseline that lost, a target is neither met nor missed', () => {
    const targets = judge({ pnlPerTrade: 1 }, { pnlPerTrade: -1 }, {});
    assert.equal(targets.pnlPerTradeOverV15.value, null);
    assert.equal(targets.pnlPerTradeOverV15.met, null);
    assert.match(targets.pnlPerTradeOverV15.note ?? '', /gained nothing/);
    assert.equal(targets.fillRatio.met, null);
    assert.equal(targets.fillRatio.note, 'no data');
  });
});

describe('KPI tables', () => {
  it('name every KPI once, with its unit, and show a dash where there is no data', () => {
    const table = kpiTable([{ title: 'v15', kpis: EMPTY }], 'USDT');
    assert.equal(new Set(KPI_LABELS.map(({ name }) => name)).size, KPI_LABELS.length);
    assert.match(table, /Net PnL \(USDT\) +–/);
    assert.match(table, /Sharpe \(per 10 s\) +–/);
  });

  it('numbers read easily', () => {
    assert.equal(formatNumber(1234567.891), '1,234,568');
    assert.equal(formatNumber(-0.0123456789), '−0.012346');
    assert.equal(formatNumber(0), '0');
    assert.equal(formatNumber(null), '–');
    assert.equal(formatNumber(Number.NaN), '–');
    assert.equal(formatNumber(1.5e-7), '1.50e−7');
  });
});
