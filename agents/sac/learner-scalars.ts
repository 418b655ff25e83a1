import { type AdamState, adamState } from './adam.ts';
import type { SacState, StateTensor } from './engine.ts';
import { LOG_TEMPERATURE, scalar, UPDATES } from './layout.ts';
import type { Scales } from './scales.ts';

/** The part of a learner's state that is single numbers, alike in every engine. */
export interface LearnerScalars {
  /** log α and its Adam moments. */
  readonly logTemperature: AdamState;
  readonly scales: Scales;
  readonly updates: number;
}

/** Writes the scalars into `state` under their documented names. */
export function exportScalars(
  { logTemperature, scales, updates }: LearnerScalars,
  state: Record<string, StateTensor>,
): void {
  state[LOG_TEMPERATURE] = scalar(logTemperature.values[0]);
  state[`adam/m/${LOG_TEMPERATURE}`] = scalar(logTemperature.m[0]);
  state[`adam/v/${LOG_TEMPERATURE}`] = scalar(logTemperature.v[0]);
  state['scale/error'] = scalar(scales.error);
  state['scale/q'] = scalar(scales.q);
  state['scale/sigma'] = scalar(scales.sigma);
  state[UPDATES] = scalar(updates);
}

/** Reads what {@link exportScalars} wrote, from a state that `checkState` has accepted. */
export function importScalars(state: SacState): LearnerScalars {
  const number = (name: string) => state[name].data[0];
  const logTemperature = adamState(1);
  logTemperature.values[0] = number(LOG_TEMPERATURE);
  logTemperature.m[0] = number(`adam/m/${LOG_TEMPERATURE}`);
  logTemperature.v[0] = number(`adam/v/${LOG_TEMPERATURE}`);
  return {
    logTemperature,
    scales: { error: number('scale/error'), q: number('scale/q'), sigma: number('scale/sigma') },
    updates: number(UPDATES),
  };
}
