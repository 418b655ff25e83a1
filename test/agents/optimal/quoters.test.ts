import assert from 'node:assert/strict';
import { GlftQuoter, ValueFunctionQuoter } from '../../../agents/optimal/quoters.ts';
import { carteaJaimungal } from '../../../agents/optimal/value-function.ts';
import { emptyQuote, type Quoter, Reason } from '../../../env/quoter.ts';
import { type Moment, quoterContext, quoterView } from '../../support/quoter-view.ts';

function quote(quoter: Quoter, moment: Moment) {
  quoter.reset(quoterContext({ maxInventory: 10 }));
  const out = emptyQuote();
  quoter.quote(quoterView(moment), out);
  return {
    ...out,
    bidAt: out.reference + out.offset - out.spread / 2,
    askAt: out.reference + out.offset + out.spread / 2,
  };
}
const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}, expected ${expected}`);

describe('optimal agents as quoters', () => {
  const glft = new GlftQuoter({
    rate: 2.986162360812285,
    decay: 0.04235741115084049,
    riskAversion: 0.05,
    fillRiskAversion: 0.05,
  });
  const wide = { bestBid: 999, bestAsk: 1001, signals: { sigma: 10.69, sigma10m: 10.69, mid: 1000 } };

  it('GLFT: the published half-spread and skew around the mid, in ticks', () => {
    const flat = quote(glft, wide);
    close(flat.bidAt, 1000 - 20.47208533844371);
    close(flat.askAt, 1000 + 20.47208533844371);
    assert.deepEqual([flat.bid, flat.ask], [979, 1021]);
    close(quote(glft, { ...wide, inventory: 2 }).bidAt, 1000 - 20.47208533844371 - 2 * 9.76326865029227);
  });

  const solution = carteaJaimungal({
    decay: 1.5,
    rate: 140,
    running: 0.01,
    terminal: 0.001,
    maxInventory: 100,
    duration: 1,
    steps: 100,
  });
  const exact = new ValueFunctionQuoter(solution);

  it('Cartea–Jaimungal: the exact distances, at the time left or at the beginning of a rolling horizon', () => {
    const rolling = quote(exact, { ...wide, inventory: 5 });
    close(rolling.bidAt, 1000 - solution.bidDistance(0, 5));
    close(rolling.askAt, 1000 + solution.askDistance(0, 5));
    close(
      quote(exact, { ...wide, inventory: 5, timeToClose: 250_000 }).bidAt,
      1000 - solution.bidDistance(75, 5),
    );
    close(quote(exact, { ...wide, inventory: 5, timeToClose: 0 }).bidAt, 1000 - solution.bidDistance(100, 5));
  });

  it('between whole lots the distances lie between theirs', () => {
    const half = quote(exact, { ...wide, inventory: -2.5 });
    close(half.bidAt, 1000 - (solution.bidDistance(0, -3) + solution.bidDistance(0, -2)) / 2);
  });

  it('a table of one lot either side quotes both sides by the distances from no inventory', () => {
    const one = carteaJaimungal({ ...solution.problem, rate: 140, maxInventory: 1 });
    const flat = quote(new ValueFunctionQuoter(one), wide);
    close(flat.bidAt, 1000 - one.bidDistance(0, 0));
    close(flat.askAt, 1000 + one.askDistance(0, 0));
    assert.deepEqual([flat.bidQuantity, flat.askQuantity], [1, 1]);
  });

  it('withholds the side that would pass q_max, and everything while acknowledgements are slow', () => {
    const full = quote(exact, { ...wide, inventory: 10 });
    assert.deepEqual([full.bidQuantity, full.askQuantity], [0, 1]);
    assert.ok(full.reason & Reason.inventory);
    assert.equal(quote(glft, { ...wide, ackP99Ms: 400 }).askQuantity, 0);
  });
});
