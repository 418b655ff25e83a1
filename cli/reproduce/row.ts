import type { CommandContext } from '../command.ts';

/** One figure of a publication beside ours. */
export interface ReproducedRow {
  readonly case: string;
  readonly quantity: string;
  readonly published: number;
  readonly measured: number;
  /** Of measured − published: our sampling error and the publication's own together; 0 for closed forms. */
  readonly standardError: number;
  /** What the two may differ by beside chance: rounding in print, discretisation. */
  readonly tolerance: number;
  readonly within: boolean;
}

export interface ReproduceOptions {
  /** Paths of each Monte-Carlo row. */
  readonly paths: number;
  readonly seed: number;
  /** Folder of recorded market data. */
  readonly data: string | undefined;
  readonly context: CommandContext;
}

/** A table that `reproduce` knows. */
export interface Reproduction {
  readonly describe: string;
  run(options: ReproduceOptions): Promise<readonly ReproducedRow[]>;
}

/** Standard errors that a figure may lie off: one row in a thousand does by chance. */
export const STANDARD_ERRORS = 3.29;

export function row(
  figure: Omit<ReproducedRow, 'within' | 'standardError' | 'tolerance'> & {
    readonly standardError?: number;
    readonly tolerance?: number;
  },
): ReproducedRow {
  const { standardError = 0, tolerance = 0 } = figure;
  const difference = Math.abs(figure.measured - figure.published);
  const within = difference <= tolerance + STANDARD_ERRORS * standardError;
  return { ...figure, standardError, tolerance, within };
}
