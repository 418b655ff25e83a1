import type { Generator } from '../../base/random.ts';
import type { FittedParameters } from './fitted-parameters.ts';
import { type QuantileTable, TableSampler } from './quantile-table.ts';

/** The distributions of a fitted market, ready to be drawn from: sizes in steps, shares of a queue or of the spread, distances in ticks. */
export interface Samplers {
  readonly touchLimit: readonly TableSampler[];
  readonly market: readonly TableSampler[];
  readonly fresh: readonly TableSampler[];
  readonly deepLimit: TableSampler;
  readonly outer: TableSampler;
  readonly touchCancel: TableSampler;
  readonly deepCancel: TableSampler;
  readonly followShare: TableSampler;
  readonly backShare: TableSampler;
  readonly followSize: TableSampler;
  readonly backSize: TableSampler;
  readonly afterTrade: TableSampler;
  readonly afterCancel: TableSampler;
}

export function samplersOf({ touch, deep, cancelShare, spread, moves }: FittedParameters): Samplers {
  const of = (table: QuantileTable) => new TableSampler(table);
  return {
    touchLimit: touch.limitSize.map(of),
    market: touch.marketSize.map(of),
    fresh: deep.freshSize.map(of),
    deepLimit: of(deep.limitSize),
    outer: of(deep.outerSize),
    touchCancel: of(cancelShare.touch),
    deepCancel: of(cancelShare.deep),
    followShare: of(spread.followShare),
    backShare: of(spread.backShare),
    followSize: of(spread.followSize),
    backSize: of(spread.backSize),
    afterTrade: of(moves.afterTrade),
    afterCancel: of(moves.afterCancel),
  };
}

/** Size of an order, in steps: at least one. */
export function drawSize(sampler: TableSampler, random: Generator): number {
  return Math.max(1, Math.round(sampler.at(random.uniform())));
}

/** A part of a queue that leaves something of it, in steps. */
export function drawPart(size: number, sampler: TableSampler, random: Generator): number {
  return Math.min(size - 1, Math.max(1, Math.round(size * sampler.at(random.uniform()))));
}
