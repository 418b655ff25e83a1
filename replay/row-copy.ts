import type { SampledTransitions } from './ring-buffer.ts';

// Hot path: no views but when a sample goes elsewhere than the last.

/** Columns of observations as numbers that rows consist of, and how many a row has. */
export interface ObservationCopier {
  readonly out: SampledTransitions;
  readonly rows: Numbers;
  readonly observations: Numbers;
  readonly nextObservations: Numbers;
  readonly size: number;
}

type Numbers = Float32Array | Float64Array;

/**
 * Two floats are copied as one double, in half the steps, where all columns begin at and rows are a whole number of
 * doubles. A pair that makes a double which is not a number has a float that is none, and keeps it.
 */
export function copierTo(out: SampledTransitions, rows: Float32Array, size: number): ObservationCopier {
  const columns = { rows, observations: out.observations, nextObservations: out.nextObservations };
  const { BYTES_PER_ELEMENT: bytes } = Float64Array;
  const areDoubles = Object.values(columns).every(({ byteOffset }) => byteOffset % bytes === 0);
  if (size % 2 !== 0 || !areDoubles) return { out, ...columns, size };
  const doubles = ({ buffer, byteOffset, length }: Float32Array) =>
    new Float64Array(buffer, byteOffset, length >> 1);
  return {
    out,
    rows: doubles(columns.rows),
    observations: doubles(columns.observations),
    nextObservations: doubles(columns.nextObservations),
    size: size / 2,
  };
}

export function copyRow(from: Numbers, row: number, size: number, to: Numbers, index: number): void {
  const source = row * size;
  const target = index * size;
  for (let i = 0; i < size; i++) to[target + i] = from[source + i];
}
