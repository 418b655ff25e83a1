import type { Generator } from '../base/random.ts';
import type { BlockTable } from './block-table.ts';
import { COLUMNS, RATIO_NAMES, type RatioName, ratioKpis } from './kpi-sums.ts';

export interface BootstrapOptions {
  /** Rows of the tables that make one block. */
  readonly rowsPerBlock: number;
  readonly resamples: number;
  readonly generator: Generator;
}

/**
 * Resampled differences candidate − baseline of every KPI that follows from sums. Circular block bootstrap (Politis
 * and Romano 1992): blocks of successive rows start anywhere, wrap around the end and are drawn until the session's
 * length is reached; candidate and baseline are drawn at the same times, which cancels what the market did to both.
 * A KPI without data in a resample contributes nothing there, so arrays may be shorter than `resamples`.
 */
export function pairedBootstrap(
  candidate: BlockTable,
  baseline: BlockTable,
  options: BootstrapOptions,
): Readonly<Record<RatioName, Float64Array>> {
  const rows = Math.max(candidate.blocks, baseline.blocks);
  const block = Math.min(rows, options.rowsPerBlock);
  const ours = circularPrefixSums(candidate, rows, block);
  const theirs = circularPrefixSums(baseline, rows, block);
  const differences = new Map<RatioName, Float64Array>();
  const counts = new Map<RatioName, number>();
  for (const name of RATIO_NAMES) {
    differences.set(name, new Float64Array(options.resamples));
    counts.set(name, 0);
  }
  const ourSums = new Float64Array(COLUMNS);
  const theirSums = new Float64Array(COLUMNS);
  for (let resample = 0; resample < options.resamples; resample++) {
    ourSums.fill(0);
    theirSums.fill(0);
    for (let drawn = 0; drawn < rows; drawn += block) {
      const from = options.generator.integer(rows);
      const until = from + Math.min(block, rows - drawn);
      addRange(ours, from, until, ourSums);
      addRange(theirs, from, until, theirSums);
    }
    const a = ratioKpis(ourSums);
    const b = ratioKpis(theirSums);
    for (const name of RATIO_NAMES) {
      const x = a[name];
      const y = b[name];
      if (x === null || y === null) continue;
      const count = counts.get(name) as number;
      (differences.get(name) as Float64Array)[count] = x - y;
      counts.set(name, count + 1);
    }
  }
  const result = {} as Record<RatioName, Float64Array>;
  for (const name of RATIO_NAMES)
    result[name] = (differences.get(name) as Float64Array).slice(0, counts.get(name));
  return result;
}

/** Prefix sums over the rows followed by the first `block` rows again, so that a block is one subtraction. */
function circularPrefixSums(table: BlockTable, rows: number, block: number): Float64Array {
  const values = table.values();
  const sums = new Float64Array((rows + block + 1) * COLUMNS);
  for (let i = 0; i < rows + block; i++) {
    const row = i % rows;
    for (let c = 0; c < COLUMNS; c++) {
      const value = row < table.blocks ? values[row * COLUMNS + c] : 0;
      sums[(i + 1) * COLUMNS + c] = sums[i * COLUMNS + c] + value;
    }
  }
  return sums;
}

function addRange(prefix: Float64Array, from: number, until: number, out: Float64Array): void {
  for (let c = 0; c < COLUMNS; c++) out[c] += prefix[until * COLUMNS + c] - prefix[from * COLUMNS + c];
}
