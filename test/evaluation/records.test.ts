import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { Lane } from '../../env/lane.ts';
import { Reason, Refresh } from '../../env/quoter.ts';
import { runSession } from '../../env/session.ts';
import { DEFAULT_LANE } from '../../env/settings.ts';
import { DecisionFile, FillFile } from '../../evaluation/records.ts';
import { priceOf, quantityOf } from '../../market/decimal-scale.ts';
import { TapeReplay } from '../../market/replay.ts';
import { scriptedQuoter } from '../support/script-tape.ts';
import { SYNTHETIC_INSTRUMENT, syntheticTape } from '../support/synthetic-tape.ts';

describe('decision and fill files', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'records-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function record(name: string, seconds: number) {
    const options = { instrument: SYNTHETIC_INSTRUMENT, lot: 0.5 };
    const decisions = new DecisionFile(join(folder, `${name}-decisions.arrow`), options);
    const fills = new FillFile(join(folder, `${name}-fills.arrow`), options);
    const lane = new Lane({ ...options, settings: DEFAULT_LANE, seed: 0, listeners: [decisions, fills] });
    const quoter = scriptedQuoter(({ market: { book, synchronised } }) =>
      synchronised && book.ready
        ? {
            bid: book.bestBid,
            ask: book.bestAsk,
            bidQuantity: 1,
            askQuantity: market(book.mid),
            refreshBid: Refresh.move,
            refreshAsk: Refresh.move,
            reason: Reason.spread | Reason.age,
          }
        : {},
    );
    await runSession({ replay: new TapeReplay([syntheticTape(4, seconds)]), lanes: [{ lane, quoter }] });
    return { decisions, fills, lane };
  }
  /** Now and then nothing is offered. */
  const market = (mid: number) => (mid % 3 === 0 ? 0 : 2);

  it('hold a row a decision and a row a fill, readable by the Arrow library', async () => {
    const { decisions, fills, lane } = await record('one', 1000);
    decisions.finish();
    fills.finish();
    const table = tableFromIPC(readFileSync(join(folder, 'one-decisions.arrow')));
    assert.equal(table.numRows, decisions.rows);
    assert.ok(table.batches.length > 1, 'more than one batch');
    assert.deepEqual(
      table.schema.fields.map(({ name }) => name),
      ['time', 'mid', 'inventory', 'bid', 'ask', 'bidQuantity', 'askQuantity', 'reason'],
    );
    assert.equal(table.schema.metadata.get('symbol'), 'TESTUSDT');
    let empty = 0;
    for (const row of table) {
      assert.equal(Number(row.time) % 100, 0, 'a multiple of 100 ms, told in ms');
      assert.equal(row.bidQuantity, 0.5);
      assert.equal(row.reason, Reason.spread | Reason.age);
      assert.equal(row.bid, Number(row.bid.toFixed(2)));
      if (Number.isNaN(row.ask)) empty++;
      else assert.ok(row.bid < row.mid && row.mid < row.ask);
      assert.equal(Number.isNaN(row.ask), row.askQuantity === 0);
    }
    assert.ok(empty > 0);

    const trades = tableFromIPC(readFileSync(join(folder, 'one-fills.arrow')));
    assert.equal(trades.numRows, fills.rows);
    let position = 0;
    let cash = 0;
    for (const { side, price, quantity, fee, reason } of trades) {
      assert.ok(['bid', 'ask'].includes(side));
      assert.ok(['queue', 'through', 'crossed', 'taker'].includes(reason));
      const signed = side === 'bid' ? quantity : -quantity;
      position += signed;
      cash -= signed * price + fee;
    }
    assert.ok(trades.numRows > 50);
    assert.ok(Math.abs(position) < 1e-9, 'flat at the end');
    assert.ok(Math.abs(cash - lane.equity) < 1e-6);
  });

  it('are the same bytes for the same ticks', async () => {
    for (const name of ['a', 'b']) {
      const { decisions, fills } = await record(name, 60);
      decisions.finish();
      fills.finish();
    }
    const bytes = (name: string) => readFileSync(join(folder, name));
    assert.ok(bytes('a-decisions.arrow').equals(bytes('b-decisions.arrow')));
    assert.ok(bytes('a-fills.arrow').equals(bytes('b-fills.arrow')));
  });

  it('leave nothing behind when they are discarded', async () => {
    const { decisions, fills } = await record('dropped', 10);
    decisions.discard();
    fills.discard();
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('dropped')),
      [],
    );
  });

  it('tell prices and quantities as the decimals they are', () => {
    assert.equal(priceOf({ tickSize: 0.1 }, 3), 0.3);
    assert.equal(priceOf({ tickSize: 0.01 }, 6_512_345.5), 65_123.455);
    assert.equal(priceOf({ tickSize: 0.05 }, 7), 0.35);
    assert.equal(priceOf({ tickSize: 5 }, 7), 35);
    assert.equal(quantityOf({ stepSize: 0.00001 }, 123), 0.00123);
  });
});
