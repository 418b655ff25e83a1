import type { Figure } from './bench.ts';

/** P50, P99 and P99.9 of times in µs, beside what is aimed at for the decision path. */
export function* percentiles(what: string, times: Float64Array, note?: string): Iterable<Figure> {
  const sorted = times.slice().sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const shared = { unit: 'µs', smallerIsBetter: true };
  yield { what: `${what}, P50`, ours: at(0.5), ...shared, note };
  yield { what: `${what}, P99`, ours: at(0.99), goal: 100, ...shared };
  yield { what: `${what}, P99.9`, ours: at(0.999), goal: 1000, ...shared };
}
