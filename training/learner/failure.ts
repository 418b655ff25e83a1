import { type ErrorDetails, InputError, MakergymError, RunError } from '../../base/errors.ts';

/** An error as it goes from thread to thread. */
export interface SentError {
  readonly kind: 'input' | 'run';
  readonly details: ErrorDetails;
  readonly stack?: string;
}

/** What stopped update number `update`, as an error that a person can read. */
export function explainUpdate(error: unknown, update: number): MakergymError {
  if (error instanceof MakergymError) return error;
  const said = error instanceof Error ? error.message : String(error);
  return new RunError(
    {
      code: 'update-failed',
      message: `Update ${update} failed: ${said}`,
      field: 'engine',
      expected: 'an engine that can compute the update',
      hint: 'Go on from the last good checkpoint with another --engine.',
    },
    { cause: error },
  );
}

export function sendable(error: unknown): SentError {
  const stack = error instanceof Error ? error.stack : undefined;
  if (!(error instanceof MakergymError)) {
    const message = `The learner failed: ${error instanceof Error ? error.message : String(error)}`;
    return { kind: 'run', details: { code: 'learner-failed', message, field: 'engine' }, stack };
  }
  const { code, message, field, value, expected, hint } = error;
  const plain = ['string', 'number', 'boolean'].includes(typeof value) ? value : String(value);
  const details = { code, message, field, value: value === undefined ? value : plain, expected, hint };
  return { kind: error instanceof InputError ? 'input' : 'run', details, stack };
}

export function received({ kind, details, stack }: SentError): MakergymError {
  const cause = stack === undefined ? undefined : { cause: stack };
  return kind === 'input' ? new InputError(details, cause) : new RunError(details, cause);
}

/** The learner's thread ended by itself: it ran out of memory, or the engine's native part crashed. */
export function threadEnded(reason: string): RunError {
  return new RunError({
    code: 'learner-ended',
    message: `The learner's thread ended: ${reason}.`,
    field: 'engine',
    expected: 'a thread that lives as long as the training',
    hint: 'Go on from the last good checkpoint; a smaller sac.batchSize or another --engine needs less memory.',
  });
}
