import { InputError, RunError } from '../../base/errors.ts';
import type { SacEngineOptions, TransitionBatch } from './engine.ts';

/** Columns of a batch and their width. */
export const COLUMNS = {
  observations: ({ observationSize }: SacEngineOptions) => observationSize,
  actions: ({ actionSize }: SacEngineOptions) => actionSize,
  rewards: () => 1,
  nextObservations: ({ observationSize }: SacEngineOptions) => observationSize,
  terminated: () => 1,
  noise: ({ actionSize }: SacEngineOptions) => actionSize,
  nextNoise: ({ actionSize }: SacEngineOptions) => actionSize,
} as const;
export type Column = keyof typeof COLUMNS;
export const COLUMN_NAMES = Object.keys(COLUMNS) as Column[];
/** Columns of one number a transition, which graphs read as a row. */
const ROWS: ReadonlySet<Column> = new Set(['rewards', 'terminated']);

/** A column as the graphs read it. */
export function columnShape(name: Column, size: number, options: SacEngineOptions): readonly number[] {
  return ROWS.has(name) ? [1, size] : [size, COLUMNS[name](options)];
}

export function requireColumns(batch: TransitionBatch, size: number, options: SacEngineOptions): void {
  if (batch.size !== size) {
    throw new InputError({
      code: 'bad-batch-size',
      message: `Learners of one graph take batches of one size, not of ${size} and ${batch.size}.`,
      field: 'batch',
      value: batch.size,
      expected: String(size),
    });
  }
  for (const column of COLUMN_NAMES) {
    const length = size * COLUMNS[column](options);
    if (batch[column].length >= length) continue;
    throw new InputError({
      code: 'short-batch',
      message: `The batch's ${column} have ${batch[column].length} numbers where its size and the engine's ask for ${length}.`,
      field: column,
      value: batch[column].length,
      expected: `at least ${length} numbers`,
    });
  }
}

export function requireFinite(value: number, quantity: string, update: string, batch: TransitionBatch): void {
  if (Number.isFinite(value)) return;
  const culprit = COLUMN_NAMES.find((name) => !batch[name].every(Number.isFinite));
  const because = culprit === undefined ? '' : ` The batch's ${culprit} hold a number that is not finite.`;
  throw new RunError({
    code: 'diverged',
    message: `Training diverged: the ${quantity} is not finite in ${update}.${because}`,
    field: quantity,
    value: String(value),
    expected: 'a finite number',
    hint: 'Go on from the last good checkpoint with a smaller sac.learningRate, or scale the rewards down.',
  });
}
