import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BlockTable } from '../../evaluation/block-table.ts';
import { Column } from '../../evaluation/kpi-sums.ts';

const START = 1_700_000_000_000_000;
const LENGTH = 7;

/** Block b covers (start + b·length, start + (b + 1)·length]; what is not after the start counts to the first. */
function blockOf(time: number): number {
  let block = 0;
  while (time > START + (block + 1) * LENGTH) block++;
  return block;
}

describe('sums by block of time', () => {
  it('count a moment to the block that ends at or after it, whatever was asked before', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 100 })), (offsets) => {
        const table = new BlockTable(START, LENGTH);
        for (const offset of offsets) assert.equal(table.blockAt(START + offset), blockOf(START + offset));
      }),
    );
  });

  it('split a span of time where blocks end', () => {
    const span = fc.tuple(fc.nat(60), fc.nat(20), fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 20 }), (spans) => {
        const table = new BlockTable(START, LENGTH);
        const squares: number[] = [];
        const moments: number[] = [];
        for (const [from, span, squared] of spans) {
          table.addTime(START + from, START + from + span, squared);
          for (let moment = from + 1; moment <= from + span; moment++) {
            const block = blockOf(START + moment);
            squares[block] = (squares[block] ?? 0) + squared;
            moments[block] = (moments[block] ?? 0) + 1;
          }
        }
        assert.equal(table.blocks, moments.length);
        for (let block = 0; block < table.blocks; block++) {
          const row = table.row(block);
          assert.equal(Math.round(1e6 * row[Column.squaredInventory]), squares[block] ?? 0);
          assert.equal(Math.round(1e6 * row[Column.seconds]), moments[block] ?? 0);
        }
      }),
    );
  });
});
