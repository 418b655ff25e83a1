import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Instrument, plainInstrument } from '../../market/instrument.ts';
import { openTape } from '../../market/tape/reader.ts';
import { Kind } from '../../market/tape/rows.ts';
import { TapeWriter } from '../../market/tape/writer.ts';

const GRID: Instrument = { venue: 'binance-usdm', symbol: 'BTCUSDT', tickSize: 0.1, stepSize: 0.001 };

describe('an instrument', () => {
  it('keeps its smallest order on a tape, where there is one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'makergym-instrument-'));
    try {
      for (const instrument of [GRID, { ...GRID, minQuantity: 0.001, minNotional: 100 }]) {
        const path = join(folder, 'tape.arrow');
        const writer = new TapeWriter(path, { instrument, source: ['test'] });
        writer.push(1, 2, Kind.gap, 0, 0, 1, -1);
        writer.finish();
        const tape = openTape(path);
        assert.deepEqual(tape.info.instrument, instrument);
        tape.close();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is plain: a minimum of 0 is none, and what else came with it is left', () => {
    const told = { ...GRID, minQuantity: 0, minNotional: 5, status: 'TRADING' };
    assert.deepEqual(plainInstrument(told), { ...GRID, minNotional: 5 });
  });
});
