import assert from 'node:assert/strict';
import { AvellanedaStoikov } from '../../agents/avellaneda-stoikov.ts';
import { FixedSpread } from '../../agents/fixed-spread.ts';
import { V15 } from '../../agents/v15.ts';
import type { Fill } from '../../env/exchange/models.ts';
import { Lane } from '../../env/lane.ts';
import type { LaneListener } from '../../env/lane-listener.ts';
import { MidQuoter } from '../../env/market-making/mid-quoter.ts';
import { ResidualQuoter } from '../../env/market-making/residual-quoter.ts';
import type { Quote, Quoter, QuoterView } from '../../env/quoter.ts';
import { runSession } from '../../env/session.ts';
import { DEFAULT_LANE, DEFAULT_MARKET_MAKING } from '../../env/settings.ts';
import { TapeReplay } from '../../market/replay.ts';
import { SYNTHETIC_INSTRUMENT, syntheticTape } from '../support/synthetic-tape.ts';

/** Writes down what happened in a lane. */
class Diary implements LaneListener {
  readonly decisions: unknown[] = [];
  readonly fills: Fill[] = [];
  readonly equity: number[] = [];

  onDecision(view: QuoterView, quote: Quote): void {
    const { bid, ask, spread, bidQuantity, askQuantity, refreshBid, refreshAsk, reason } = quote;
    this.decisions.push({ bid, ask, spread, bidQuantity, askQuantity, refreshBid, refreshAsk, reason });
    this.equity.push(view.equity);
  }

  onFill(fill: Fill): void {
    this.fills.push(fill);
  }
}

describe('a residual at action 0 in a lane', () => {
  const anchors: readonly (() => Quoter)[] = [
    () => new V15(),
    () => new AvellanedaStoikov(),
    () => new FixedSpread(),
    () => new MidQuoter(),
  ];
  for (const anchor of anchors) {
    it(`is ${anchor().name} in a lane, decision by decision and fill by fill`, async () => {
      const quoters = [anchor(), new ResidualQuoter(anchor(), DEFAULT_MARKET_MAKING)];
      const diaries = quoters.map(() => new Diary());
      const lanes = quoters.map((quoter, i) => {
        const options = { instrument: SYNTHETIC_INSTRUMENT, settings: DEFAULT_LANE, lot: 1, seed: 1 };
        return { quoter, lane: new Lane({ ...options, listeners: [diaries[i]] }) };
      });
      await runSession({ replay: new TapeReplay([syntheticTape(3, 120)]), lanes });
      const [alone, residual] = diaries;
      assert.ok(alone.fills.length > 0);
      assert.equal(alone.decisions.length, 1200);
      assert.deepEqual(residual, alone);
    });
  }
});
