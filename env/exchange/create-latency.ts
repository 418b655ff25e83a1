import { DEFAULT_LANE, type LatencySettings } from '../settings.ts';
import { ConstantLatency } from './latency.ts';
import type { LatencyModel } from './models.ts';

/** The latency model that settings name, a new one for each lane. */
export function createLatencyModel(settings: LatencySettings): LatencyModel {
  const { entryMs, responseMs, feedMs } = { ...DEFAULT_LANE.latency, ...settings };
  return new ConstantLatency(entryMs, responseMs, feedMs);
}
