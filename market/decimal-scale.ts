import type { Instrument } from './instrument.ts';

/** A price in ticks (halves allowed) as quote currency. */
export function priceOf(instrument: Pick<Instrument, 'tickSize'>, ticks: number): number {
  return scaled(ticks, instrument.tickSize);
}

/** A quantity in whole steps as base currency. */
export function quantityOf(instrument: Pick<Instrument, 'stepSize'>, steps: number): number {
  return scaled(steps, instrument.stepSize);
}

/**
 * `count` units of `unit`. Where a whole number of units makes 1, dividing by that number gives the double nearest to
 * the decimal, so that 3 ticks of 0.1 are 0.3 and not 0.30000000000000004.
 */
function scaled(count: number, unit: number): number {
  const perOne = Math.round(1 / unit);
  return Math.abs(perOne * unit - 1) < 1e-9 ? count / perOne : count * unit;
}
