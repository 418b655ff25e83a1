import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Market, type MarketParticipant } from '../../market/market.ts';
import { Watch } from '../../market/participants.ts';
import { ASK, BID, type Side } from '../../market/side.ts';
import { scriptTape } from '../support/script-tape.ts';

/** Somebody with bids and asks within ranges of prices, who notes what is heard. */
class Ear implements MarketParticipant {
  readonly watch = new Watch();
  readonly heard: string[] = [];
  readonly due: number[] = [];

  set(side: Side, low: number, high: number): void {
    if (side === BID) [this.watch.lowBid, this.watch.highBid] = [low, high];
    else [this.watch.lowAsk, this.watch.highAsk] = [low, high];
    this.watch.moved();
  }

  wake(time: number): void {
    this.watch.clock = time;
    this.watch.moved();
  }

  joined(): void {}
  onTouch(): void {}
  onReset(): void {}
  onGap(): void {}
  onClock(until: number): void {
    this.due.push(until);
    this.wake(Number.POSITIVE_INFINITY);
  }
  onTrade(price: number, quantity: number, aggressor: Side): void {
    this.heard.push(`trade ${price} ${quantity} ${aggressor}`);
  }
  onLevel(side: Side, price: number, before: number, after: number): void {
    this.heard.push(`level ${side} ${price} ${before} ${after}`);
  }
}

const EARS = 4;
const side = fc.constantFrom<Side>(BID, ASK);
const quantity = fc.integer({ min: 0, max: 9 });
/** Prices further apart than any table of them is long, and many that are close. */
const price = (side: Side) =>
  fc.oneof(
    fc.integer({ min: 0, max: 20 }).map((distance) => (side === BID ? 9_000 - distance : 9_001 + distance)),
    fc.integer({ min: 0, max: 6000 }).map((distance) => (side === BID ? 9_000 - distance : 9_001 + distance)),
  );
const move = side.chain((side) =>
  fc.record({
    ear: fc.nat(EARS - 1),
    side: fc.constant(side),
    price: price(side),
    span: fc.oneof(fc.constant(0), fc.nat(3000)),
  }),
);
const level = side.chain((side) => fc.tuple(fc.constant(side), price(side), quantity));
const step = fc.record({
  moves: fc.array(move, { maxLength: 3 }),
  levels: fc.array(level, { maxLength: 12 }),
});

describe('participants of a market', () => {
  it('each hear of the levels within their own range as it is, wherever those of others are', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const market = new Market();
        const ears = Array.from({ length: EARS }, () => new Ear());
        for (const ear of ears) market.addListener(ear);
        const ranges = ears.map(() => [
          [1, 0],
          [1, 0],
        ]);
        const expected: string[][] = ears.map(() => []);
        const shown = new Map<string, number>();
        const tape = scriptTape([
          { at: 0, snapshot: true },
          ...steps.map(({ levels }, i) => ({
            at: i + 1,
            bids: levels
              .filter(([side]) => side === BID)
              .map(([, price, quantity]) => [price, quantity] as const),
            asks: levels
              .filter(([side]) => side === ASK)
              .map(([, price, quantity]) => [price, quantity] as const),
          })),
        ]);
        const batch = tape.readBatch(0);
        const begun = tape.info.start;
        let row = market.applyBatch(batch, 0, begun);
        for (const [i, { moves, levels }] of steps.entries()) {
          for (const { ear, side, price, span } of moves) {
            ears[ear].set(side, price, price + span);
            ranges[ear][side] = [price, price + span];
          }
          for (const wanted of [BID, ASK]) {
            for (const [side, price, quantity] of levels) {
              if (side !== wanted) continue;
              const before = shown.get(`${side} ${price}`) ?? 0;
              shown.set(`${side} ${price}`, quantity);
              for (const [ear, range] of ranges.entries()) {
                const [low, high] = range[side];
                if (price >= low && price <= high)
                  expected[ear].push(`level ${side} ${price} ${before} ${quantity}`);
              }
            }
          }
          row = market.applyBatch(batch, row, begun + 1000 * (i + 1));
        }
        assert.equal(row, batch.length);
        assert.deepEqual(
          ears.map(({ heard }) => heard),
          expected,
        );
      }),
      { numRuns: 200 },
    );
  });

  it('hear of trades that reach their orders, and of nobody else’s', () => {
    const market = new Market();
    const [near, far, gone] = [new Ear(), new Ear(), new Ear()];
    for (const ear of [near, far, gone]) {
      market.addListener(ear);
      ear.set(ASK, ear === near ? 105 : 110, 120);
    }
    market.removeListener(gone);
    const tape = scriptTape([
      { at: 0, snapshot: true, bids: [[100, 1]], asks: [[105, 5]] },
      { at: 1, buy: [104, 1] },
      { at: 2, buy: [105, 2] },
      { at: 3, buy: [110, 3] },
    ]);
    market.applyBatch(tape.readBatch(0), 0, Number.POSITIVE_INFINITY);
    assert.deepEqual(near.heard, ['trade 105 2 0', 'trade 110 3 0']);
    assert.deepEqual(far.heard, ['trade 110 3 0']);
    assert.deepEqual(gone.heard, []);
  });

  it('are woken at the time that they last asked for, before what happens then', () => {
    const market = new Market();
    const ears = [new Ear(), new Ear()];
    for (const ear of ears) market.addListener(ear);
    const tape = scriptTape([
      { at: 0, snapshot: true, bids: [[100, 1]], asks: [[105, 5]] },
      { at: 10, buy: [105, 1] },
    ]);
    const batch = tape.readBatch(0);
    const { start } = tape.info;
    const row = market.applyBatch(batch, 0, start);
    ears[0].wake(start + 9_000);
    ears[0].wake(start + 4_000);
    ears[1].wake(start + 10_000);
    market.applyBatch(batch, row, start + 20_000);
    // A message at 10 ms comes behind what is due before, and what is due then behind the message.
    assert.deepEqual(ears[0].due, [start + 9_999]);
    assert.deepEqual(ears[1].due, []);
    market.advance(start + 20_000);
    assert.deepEqual(ears[1].due, [start + 20_000]);
    market.advance(start + 30_000);
    assert.deepEqual(
      ears.map(({ due }) => due.length),
      [1, 1],
    );
  });
});
