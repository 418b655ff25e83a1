import type { FeeSettings } from '../settings.ts';
import { BasisPointFees } from './fees.ts';
import type { FeeModel } from './models.ts';

/** The fee model that settings name, a new one for each lane. */
export function createFeeModel(settings: FeeSettings): FeeModel {
  return new BasisPointFees(settings.makerBps, settings.takerBps);
}
