import assert from 'node:assert/strict';
import { InputError } from '../../base/errors.ts';
import { refuseTrainingOverlap, type TapeSpan } from '../../evaluation/training-overlap.ts';
import type { Instrument } from '../../market/instrument.ts';

const REAL: Instrument = { venue: 'binance-spot', symbol: 'NEXOUSDT', tickSize: 1e-4, stepSize: 0.01 };
const tape = (checksum: string, start: number, end: number): TapeSpan => ({ checksum, start, end });

describe('Evaluation on ticks of the training', () => {
  it('is refused at overlapping times of one instrument, whichever file they are in', () => {
    const trained = { instrument: REAL, tapes: [tape('a', 100, 200)] };
    for (const checksum of ['a', 'b']) {
      assert.throws(
        () => refuseTrainingOverlap(trained, { instrument: REAL, tapes: [tape(checksum, 150, 300)] }),
        (error: unknown) => error instanceof InputError && error.code === 'training-overlap',
      );
    }
  });

  it('is fine later, earlier, on a stretch of the same tape that training left out, and elsewhere', () => {
    const trained = { instrument: REAL, tapes: [tape('a', 100, 200)] };
    refuseTrainingOverlap(trained, { instrument: REAL, tapes: [tape('b', 200, 300)] });
    refuseTrainingOverlap(trained, { instrument: REAL, tapes: [tape('b', 0, 100)] });
    refuseTrainingOverlap(trained, { instrument: REAL, tapes: [tape('a', 200, 250)] });
    refuseTrainingOverlap(trained, {
      instrument: { ...REAL, symbol: 'BTCUSDT' },
      tapes: [tape('b', 100, 200)],
    });
  });
});
