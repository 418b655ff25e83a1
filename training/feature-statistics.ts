import type { RingBuffer } from '../replay/ring-buffer.ts';

/** How a raw feature was distributed in training. */
export interface FeatureStatistics {
  readonly mean: number;
  readonly deviation: number;
  /** Inner edges of ten bins that hold equally many values: its deciles 10 % to 90 %. */
  readonly edges: readonly number[];
}

const BINS = 10;
/** Observations looked at, evenly spaced over the buffer; the error of a decile is then under one percent point. */
const SAMPLE = 10_000;

/**
 * Mean, deviation and deciles of each raw feature in a replay buffer, for measuring drift later (population stability
 * index). Undefined while the buffer is empty.
 */
export function featureStatistics(buffer: RingBuffer): readonly FeatureStatistics[] | undefined {
  const rows = Math.min(buffer.length, SAMPLE);
  if (rows === 0) return undefined;
  const row = new Float32Array(buffer.observationSize);
  const columns = Array.from(row, () => new Float32Array(rows));
  for (let i = 0; i < rows; i++) {
    buffer.observationAt(Math.floor((i * buffer.length) / rows), row);
    for (let feature = 0; feature < row.length; feature++) columns[feature][i] = row[feature];
  }
  return columns.map((values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / rows;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    values.sort();
    const edges = Array.from({ length: BINS - 1 }, (_, k) => values[Math.floor(((k + 1) * rows) / BINS)]);
    return { mean, deviation: Math.sqrt(squares / rows), edges };
  });
}
