import assert from 'node:assert/strict';
import fc from 'fast-check';
import { stream } from '../../base/random.ts';
import { Lane } from '../../env/lane.ts';
import type { LaneListener } from '../../env/lane-listener.ts';
import { resolveLot } from '../../env/lot.ts';
import type { Quoter, Refresh } from '../../env/quoter.ts';
import { runSession } from '../../env/session.ts';
import { DEFAULT_LANE, type LaneSettings } from '../../env/settings.ts';
import { StreamDriver } from '../../live/shadow/stream-driver.ts';
import { TapeReplay } from '../../market/replay.ts';
import type { TapeRow } from '../../market/tape/memory.ts';
import type { Tape } from '../../market/tape/rows.ts';
import { randomScript } from '../support/random-script.ts';
import {
  SCRIPT_INSTRUMENT,
  type ScriptMessage,
  scriptedQuoter,
  scriptRows,
  scriptTape,
} from '../support/script-tape.ts';

const settings: fc.Arbitrary<LaneSettings> = fc.record({
  lot: fc.constant(null),
  maxInventory: fc.constant(10),
  latency: fc.record({
    model: fc.constantFrom('constant' as const, 'log-normal' as const, 'spikes' as const, 'tape' as const),
    entryMs: fc.constantFrom(0, 1, 30),
    responseMs: fc.constantFrom(0, 5),
    feedMs: fc.constantFrom(0, 4),
  }),
  queue: fc.constant(DEFAULT_LANE.queue),
  fees: fc.constant({ makerBps: -1, takerBps: 4 }),
  decisionIntervalMs: fc.constantFrom(10, 20, 50),
});

/** A lane that quotes at random, with everything it is told and tells written down. */
function recorded(lane: LaneSettings, midTicks: number, seed: number, log: unknown[]) {
  const random = stream(seed, 'wild');
  const quoter: Quoter = scriptedQuoter(({ market }) => {
    const { bestBid, bestAsk, ready } = market.book;
    return {
      bid: (ready ? bestBid : 1000) + random.integer(4) - 2,
      ask: (ready ? bestAsk : 1001) + random.integer(4) - 1,
      bidQuantity: random.integer(5) / 2,
      askQuantity: random.integer(5) / 2,
      refreshBid: random.integer(3) as Refresh,
      refreshAsk: random.integer(3) as Refresh,
    };
  });
  const listener: LaneListener = {
    onDecision: ({ market, inventory, equity, bid, ackP99Ms }, quote) => {
      const { signals, book } = market;
      const seen = [signals.sigma, signals.ofiZ1s, signals.depthImbalance, signals.bookFlow1s, book.mid];
      log.push([
        market.time,
        market.bookTime,
        inventory,
        equity,
        bid.queueAhead,
        ackP99Ms,
        seen,
        { ...quote },
      ]);
    },
    onFill: (fill) => log.push(fill),
    onOrder: (event, time) => log.push([event, time]),
    onEnd: ({ equity }) => log.push(equity),
  };
  const lot = resolveLot(lane, SCRIPT_INSTRUMENT, midTicks);
  return {
    lane: new Lane({ instrument: SCRIPT_INSTRUMENT, settings: lane, lot, seed, listeners: [listener] }),
    quoter,
  };
}

function live(
  rows: readonly TapeRow[],
  end: number,
  lane: LaneSettings,
  seed: number,
  early: readonly number[],
): unknown[] {
  const log: unknown[] = [];
  const driver = new StreamDriver((mid) => [recorded(lane, mid, seed, log)]);
  let last = rows[0].localTime;
  for (const [i, row] of rows.entries()) {
    // The clock may tell that time has passed before the next message does, or leave that to it.
    const share = early[i % early.length];
    if (row.localTime > last && share > 0) driver.reach(last + (row.localTime - last) * share);
    last = row.localTime;
    driver.push(row.exchangeTime, row.localTime, row.kind, row.price, row.quantity, row.flags, -1);
  }
  driver.finish(end);
  return log;
}

async function replayed(tape: Tape, lane: LaneSettings, seed: number): Promise<unknown[]> {
  const log: unknown[] = [];
  const replay = new TapeReplay([tape]);
  await runSession({ replay, lanes: [recorded(lane, replay.firstMid(), seed, log)] });
  return log;
}

describe('stream driver', () => {
  it('takes the decisions of a backtest of the same rows, whenever the clock lets it', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomScript(),
        settings,
        fc.integer({ min: 0, max: 99 }),
        fc.array(fc.constantFrom(0, 0.3, 1), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1, max: 300 }),
        async (script, lane, seed, early, tradesBefore, after) => {
          // Trades before the first snapshot are rows, and there is nothing yet to decide on.
          const before: ScriptMessage[] = Array.from({ length: tradesBefore }, (_, i) => ({
            at: -200 + 30 * i,
            buy: [1001, 1],
          }));
          const messages = [...before, ...script];
          const tape = scriptTape(messages);
          const end = tape.info.end + 1000 * after;
          const rows = scriptRows(messages);
          assert.deepEqual(
            live(rows, end, lane, seed, early),
            await replayed({ ...tape, info: { ...tape.info, end } }, lane, seed),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('decides nothing before the book is known, and not at a time at which rows may still come', () => {
    const log: unknown[] = [];
    const lane = { ...DEFAULT_LANE, decisionIntervalMs: 10 };
    const driver = new StreamDriver((mid) => [recorded(lane, mid, 1, log)]);
    const rows = scriptRows([
      { at: 0, buy: [1001, 1] },
      { at: 40, snapshot: true, bids: [[999, 1]], asks: [[1001, 1]] },
    ]);
    const push = ({ exchangeTime, localTime, kind, price, quantity, flags }: TapeRow): void =>
      driver.push(exchangeTime, localTime, kind, price, quantity, flags, -1);
    push(rows[0]);
    driver.reach(rows[0].localTime + 30_000);
    assert.equal(driver.begun, false);
    for (const row of rows.slice(1)) push(row);
    const book = rows[1].localTime;
    driver.reach(book);
    assert.equal(driver.begun, false, 'rows of the same time may still come');
    driver.reach(book + 1);
    assert.equal(driver.decisions, 1, 'the decision at the very time of the first book');
    driver.reach(book + 10_000);
    assert.equal(driver.decisions, 1, 'rows at the next one may still come');
    driver.reach(book + 10_001);
    assert.equal(driver.decisions, 2);
  });
});
