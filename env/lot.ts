import { InputError } from '../base/errors.ts';
import type { Instrument } from '../market/instrument.ts';
import type { LaneSettings } from './settings.ts';

/** Notional that a lot is worth when settings leave its size open, in quote currency. */
const DEFAULT_NOTIONAL = 100;

/**
 * Size of a lot in base currency: the one that settings name, or about 100 units of quote currency at a mid of
 * `midTicks`, in whole steps of the instrument and at least one.
 */
export function resolveLot(
  settings: Pick<LaneSettings, 'lot'>,
  instrument: Instrument,
  midTicks: number,
): number {
  const { stepSize, tickSize } = instrument;
  if (settings.lot !== null) {
    wholeSteps(settings.lot, instrument);
    return settings.lot;
  }
  if (!(midTicks > 0) || !Number.isFinite(midTicks)) {
    throw new InputError({
      code: 'no-mid',
      message: 'The size of a lot cannot be derived: the tape never shows both sides of a book.',
      field: 'lot',
      value: midTicks,
      expected: 'a tape with a snapshot, or a lot of your own',
      hint: 'Give --lot, or import the capture together with a snapshot.',
    });
  }
  const steps = Math.max(1, Math.round(DEFAULT_NOTIONAL / (midTicks * tickSize * stepSize)));
  // Dividing by the whole number of steps a unit holds gives the decimal itself, without binary noise.
  const perUnit = Math.round(1 / stepSize);
  return Math.abs(perUnit * stepSize - 1) < 1e-9 ? steps / perUnit : steps * stepSize;
}

/** A lot in whole steps of the instrument. Throws an InputError unless it is a positive whole number of them. */
export function wholeSteps(lot: number, instrument: Instrument): number {
  const steps = Math.round(lot / instrument.stepSize);
  if (steps >= 1 && Number.isSafeInteger(steps) && Math.abs(lot / instrument.stepSize - steps) < 1e-6)
    return steps;
  throw new InputError({
    code: 'bad-lot',
    message: `A lot of ${lot} is not a whole number of ${instrument.symbol}'s steps of ${instrument.stepSize}.`,
    field: 'lot',
    value: lot,
    expected: `a multiple of ${instrument.stepSize}`,
    hint: 'Change --lot, or leave it out for about 100 units of quote currency.',
  });
}
