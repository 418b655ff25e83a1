import assert from 'node:assert/strict';
import type { Fill } from '../../env/exchange/models.ts';
import { emptyQuote } from '../../env/quoter.ts';
import { type KpiContext, KpiRecorder } from '../../evaluation/kpi-recorder.ts';
import { COLUMNS, Column } from '../../evaluation/kpi-sums.ts';
import type { Instrument } from '../../market/instrument.ts';
import { ASK, BID } from '../../market/side.ts';
import { FakeState, fakeView } from './fake-view.ts';

const INSTRUMENT: Instrument = { venue: 'binance-spot', symbol: 'AAAUSDT', tickSize: 0.5, stepSize: 1 };
const S = 1_000_000;
const T0 = 1_700_000_000 * S;
const QUOTE = emptyQuote();

/** A recorder and the means to drive it as a lane would. */
function session(options: Omit<KpiContext, 'instrument'> = {}) {
  const recorder = new KpiRecorder({ instrument: INSTRUMENT, ...options });
  const state = new FakeState();
  const view = fakeView(state);
  return {
    recorder,
    decide(seconds: number, changes: Partial<FakeState> = {}) {
      Object.assign(state, changes, { time: T0 + seconds * S });
      recorder.onDecision(view, QUOTE);
    },
    end(seconds: number, changes: Partial<FakeState> = {}) {
      Object.assign(state, changes, { time: T0 + seconds * S });
      recorder.onEnd(view);
    },
    hold(seconds: number, inventory: number) {
      state.inventory = inventory;
      recorder.onInventory(T0 + seconds * S, inventory);
    },
  };
}

function fill(seconds: number, changes: Partial<Fill>): Fill {
  return {
    orderId: 1,
    time: T0 + seconds * S,
    side: BID,
    price: 999,
    quantity: 2,
    fee: 0,
    reason: 'queue',
    queueAhead: 0,
    midAtPlacement: 1000,
    midAtFill: 1000,
    halfSpreadAtPlacement: 1,
    ...changes,
  };
}

describe('KPIs', () => {
  it('are null without data, never 0 or NaN', () => {
    const kpis = new KpiRecorder({ instrument: INSTRUMENT }).result();
    for (const name of [
      'pnl',
      'pnlGross',
      'pnlPerTrade',
      'pnlPerTradeBps',
      'spreadCapturedPct',
      'rmsInventory',
      'maxInventory',
      'fillRatioPct',
      'cancelRatioPct',
      'sharpe',
      'maxDrawdown',
      'hitRatioPct',
      'ackP99Ms',
    ] as const) {
      assert.equal(kpis[name], null, name);
    }
    assert.equal(kpis.fills, 0);
    assert.equal(kpis.durationSeconds, 0);
  });

  it('a session that never traded has a PnL of 0 but no PnL per trade, no Sharpe, no ratios', () => {
    const { recorder, decide, end } = session();
    for (let t = 0; t <= 100; t++) decide(t);
    end(100);
    const kpis = recorder.result();
    assert.equal(kpis.pnl, 0);
    assert.equal(kpis.maxDrawdown, 0);
    assert.equal(kpis.rmsInventory, 0);
    assert.equal(kpis.pnlPerTrade, null);
    assert.equal(kpis.sharpe, null);
    assert.equal(kpis.fillRatioPct, null);
    assert.equal(kpis.durationSeconds, 100);
  });

  it('spread captured is what fills earned against the mid at placement, over the half-spreads shown then', () => {
    const { recorder, decide } = session();
    decide(0);
    // A buy one tick under the mid earns 1 of 1; a sell half a tick over the mid earns 0.5 of 1.5: 1.5/2.5.
    recorder.onFill(fill(1, { orderId: 1 }));
    recorder.onFill(
      fill(2, { orderId: 2, side: ASK, price: 1000.5, midAtPlacement: 1000, halfSpreadAtPlacement: 1.5 }),
    );
    assert.equal(recorder.result().spreadCapturedPct, 60);
  });

  it('flattening is a fill with volume and fees, yet captures no spread and fills no quote', () => {
    const { recorder, decide } = session();
    decide(0);
    recorder.onOrder('placed', T0);
    recorder.onFill(fill(1, { orderId: 1, fee: -0.1 }));
    recorder.onFill(
      fill(2, { orderId: 2, side: ASK, reason: 'taker', flattening: true, fee: 0.5, price: 999 }),
    );
    const kpis = recorder.result();
    assert.equal(kpis.fills, 2);
    assert.equal(kpis.volume, 2 * 999 * 0.5 * 2);
    assert.equal(kpis.fees, 0.4);
    assert.equal(kpis.spreadCapturedPct, 100);
    assert.equal(kpis.fillRatioPct, 100);
  });

  it('PnL per trade is net per fill and in basis points of notional; gross adds the fees back', () => {
    const { recorder, decide, end } = session();
    decide(0);
    recorder.onFill(fill(1, { orderId: 1, fee: 0.25 }));
    recorder.onFill(fill(2, { orderId: 2, fee: 0.25, side: ASK, price: 1001 }));
    end(3, { equity: 1.5 });
    const kpis = recorder.result();
    assert.equal(kpis.pnl, 1.5);
    assert.equal(kpis.pnlGross, 2);
    assert.equal(kpis.pnlPerTrade, 0.75);
    // Notional: 2·499.5 + 2·500.5 = 2000.
    assert.equal(kpis.pnlPerTradeBps, 7.5);
  });

  it('RMS inventory weighs each position by the time it was held', () => {
    const { recorder, decide, hold, end } = session();
    decide(0);
    hold(2, 3);
    decide(4);
    hold(6, -1);
    end(10);
    // 2 s at 0, 4 s at 3, 4 s at −1: √((36 + 4)/10) = 2.
    const kpis = recorder.result();
    assert.ok(Math.abs((kpis.rmsInventory ?? 0) - 2) < 1e-12);
    assert.equal(kpis.maxInventory, 3);
  });

  it('a hole between two tapes is no time of the session: what it did to equity counts where it ends', () => {
    const tape = (start: number, end: number) => ({ start: T0 + start * S, end: T0 + end * S });
    const { recorder, decide, hold, end } = session({
      sharpeIntervalSeconds: 1,
      blockSeconds: 1,
      spans: [tape(0, 2), tape(86_402, 86_404)],
    });
    decide(0);
    hold(1, 2);
    decide(1, { equity: 1 });
    decide(2, { equity: 3 });
    // In the second after a tape's end quotes are pulled.
    decide(2.5, { synchronised: false });
    recorder.onOrder('cancelled', T0 + 2.6 * S);
    decide(86_403, { equity: 7, synchronised: true });
    end(86_404, { equity: 8 });
    const kpis = recorder.result();
    assert.equal(kpis.durationSeconds, 4);
    assert.equal(kpis.rmsInventory, Math.sqrt((4 * 3) / 4));
    assert.deepEqual([...recorder.increments()], [1, 2, 4, 1]);
    assert.equal(recorder.blocks?.blocks, 4);
    assert.equal(kpis.cancels, 1);
    assert.deepEqual(
      recorder.equitySeries.points().time.map((time) => (time - T0) / S),
      [0, 1, 2, 86_403, 86_404],
    );
  });

  it('a pause of a second between two tapes is time as any other: everybody decides in it', () => {
    const spans = [
      { start: T0, end: T0 + S },
      { start: T0 + 2 * S, end: T0 + 3 * S },
    ];
    const { recorder, decide, end } = session({ spans });
    decide(0);
    end(3);
    assert.equal(recorder.result().durationSeconds, 3);
  });

  it('an order filled in two parts is one order with a fill', () => {
    const { recorder, decide } = session();
    decide(0);
    for (let i = 0; i < 4; i++) recorder.onOrder('placed', T0 + i);
    recorder.onOrder('cancelled', T0 + 10);
    recorder.onOrder('rejected', T0 + 11);
    recorder.onFill(fill(1, { orderId: 7 }));
    recorder.onFill(fill(2, { orderId: 7 }));
    const kpis = recorder.result();
    assert.equal(kpis.orders, 4);
    assert.equal(kpis.cancels, 1);
    assert.equal(kpis.fills, 2);
    assert.equal(kpis.fillRatioPct, 25);
    assert.equal(kpis.cancelRatioPct, 25);
  });

  it('Sharpe is mean over sample deviation of equal-time increments', () => {
    const { recorder, decide } = session({ sharpeIntervalSeconds: 10 });
    const equity = [0, 1, 4, 6, 10];
    equity.forEach((value, i) => {
      decide(10 * i, { equity: value });
    });
    // Increments 1, 3, 2, 4: mean 2.5, sample deviation √(5/3).
    assert.deepEqual([...recorder.increments()], [1, 3, 2, 4]);
    const kpis = recorder.result();
    assert.ok(Math.abs((kpis.sharpe ?? 0) - 2.5 / Math.sqrt(5 / 3)) < 1e-12);
    assert.equal(kpis.sharpeIntervalSeconds, 10);
  });

  it('a grid point between two decisions has the equity of the decision before it', () => {
    const { recorder, decide } = session({ sharpeIntervalSeconds: 10 });
    decide(0);
    decide(9, { equity: 5 });
    decide(31, { equity: 8 });
    decide(40, { equity: 9 });
    assert.deepEqual([...recorder.increments()], [5, 0, 0, 4]);
  });

  it('drawdown is the largest fall from a peak, the start counting as one', () => {
    const { recorder, decide } = session();
    [0, -2, 3, 1, 5, 1.5, 4].forEach((equity, t) => {
      decide(t, { equity });
    });
    assert.equal(recorder.result().maxDrawdown, 3.5);
    const losing = session();
    losing.decide(0, { equity: 0 });
    losing.decide(1, { equity: -4 });
    assert.equal(losing.recorder.result().maxDrawdown, 4);
  });

  it('the hit ratio judges every sign of OFI + DI by the next move of the mid', () => {
    const { recorder, decide } = session();
    decide(0, { mid: 1000, ofi: 1, depthImbalance: 0.5 }); // up
    decide(1, { mid: 1000, ofi: -2, depthImbalance: 0.5 }); // down
    decide(2, { mid: 1000, ofi: 0, depthImbalance: 0 }); // no sign
    decide(3, { mid: 1001, ofi: 1, depthImbalance: 1 }); // the mid rose: 1 of 2; now up
    decide(4, { mid: 1001, ofi: 1, depthImbalance: 1 }); // up
    decide(5, { mid: 1000.5, ofi: 3, depthImbalance: 0 }); // the mid fell: 0 of 2
    decide(6, { mid: 1000.5, ofi: 0, depthImbalance: 0, synchronised: false }); // a gap: the open sign is dropped
    decide(7, { mid: 1005, ofi: 0, depthImbalance: 0, synchronised: true });
    assert.equal(recorder.result().hitRatioPct, 25);
  });

  it('the acknowledgement P99 of a constant latency is that latency', () => {
    const { recorder, decide } = session();
    decide(0);
    for (let i = 0; i < 100; i++) recorder.onAcknowledge(20);
    assert.equal(recorder.result().ackP99Ms, 20);
    for (let i = 0; i < 100; i++) recorder.onAcknowledge(350);
    assert.equal(recorder.result().ackP99Ms, 350);
  });

  it('what decisions before a book shows are not part of the session', () => {
    const { recorder, decide } = session();
    decide(0, { synchronised: false });
    decide(5, { synchronised: true });
    decide(15);
    assert.equal(recorder.result().durationSeconds, 10);
  });
});

describe('Blocks of a session', () => {
  it('add up to the whole: equity, orders, held positions and increments', () => {
    const { recorder, decide, hold, end } = session({ sharpeIntervalSeconds: 10, blockSeconds: 60 });
    for (let t = 0; t <= 600; t++) {
      if (t % 7 === 3) recorder.onOrder('placed', T0 + t * S);
      if (t % 37 === 20) {
        hold(t, (t % 5) - 2);
        recorder.onFill(fill(t, { orderId: t, fee: 0.01 }));
      }
      decide(t, { equity: Math.sin(t / 30), mid: 1000 + (t % 3), ofi: (t % 4) - 1.5 });
    }
    end(600);
    const table = recorder.blocks;
    assert.ok(table !== null);
    assert.equal(table.blocks, 10);
    for (let b = 0; b < table.blocks; b++) {
      assert.equal(table.row(b)[Column.increments], 6);
      assert.ok(Math.abs(table.row(b)[Column.seconds] - 60) < 1e-9);
      // A block's change of equity is that of its increments.
      assert.ok(Math.abs(table.row(b)[Column.pnl] - table.row(b)[Column.incrementSum]) < 1e-12);
    }
    const total = table.total();
    assert.equal(total.length, COLUMNS);
    const kpis = recorder.result();
    assert.ok(Math.abs(total[Column.pnl] - (kpis.pnl ?? Number.NaN)) < 1e-12);
    assert.equal(total[Column.orders], kpis.orders);
    assert.equal(total[Column.fills], kpis.fills);
  });
});

describe('The equity series', () => {
  it('keeps a sample a second and never more than its capacity, the last one included', () => {
    const { recorder, decide, end } = session();
    for (let t = 0; t < 40_000; t++) decide(t, { equity: t });
    end(40_000, { equity: 40_000 });
    const { time, equity } = recorder.equitySeries.points();
    assert.ok(time.length <= 8192 && time.length > 4096);
    assert.equal(time[0], T0);
    assert.equal(time.at(-1), T0 + 40_000 * S);
    assert.equal(equity.at(-1), 40_000);
  });
});
