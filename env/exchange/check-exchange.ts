import type { LaneSettings } from '../settings.ts';
import { createFeeModel } from './create-fees.ts';
import { createImpact } from './create-impact.ts';
import { createLatencyModel } from './create-latency.ts';
import { createQueueModel } from './queue.ts';

/** Throws an InputError where the models that settings name cannot be made, before any work begins: a tier that does not
 * exist, a file that is missing. */
export function checkExchange({ latency, queue, fees, impact }: LaneSettings): void {
  createLatencyModel(latency);
  createQueueModel(queue);
  createFeeModel(fees);
  createImpact(impact);
}
