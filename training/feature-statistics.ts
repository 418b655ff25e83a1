import { describeFeature, type FeatureDistribution } from '../env/feature-distribution.ts';
import type { RingBuffer } from '../replay/ring-buffer.ts';

/** Observations looked at, evenly spaced over the buffer; the error of a decile is then under one percent point. */
const SAMPLE = 10_000;

/**
 * Distribution of each raw feature in a replay buffer, for measuring drift later (population stability index).
 * Undefined while the buffer is empty. A function of the buffer alone, so a resumed run says the same.
 */
export function featureStatistics(buffer: RingBuffer): readonly FeatureDistribution[] | undefined {
  const rows = Math.min(buffer.length, SAMPLE);
  if (rows === 0) return undefined;
  const row = new Float32Array(buffer.observationSize);
  const columns = Array.from(row, () => new Float32Array(rows));
  for (let i = 0; i < rows; i++) {
    buffer.observationAt(Math.floor((i * buffer.length) / rows), row);
    for (let feature = 0; feature < row.length; feature++) columns[feature][i] = row[feature];
  }
  return columns.map(describeFeature);
}
