import { RunError } from '../base/errors.ts';

/** A block of updates failed: why, and the timestep after which it began. */
export class UpdateFailed extends Error {
  readonly timestep: number;

  constructor(cause: unknown, timestep: number) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.timestep = timestep;
  }
}

/** Adds to a failure of a run where it happened and what is left to go on from. */
export function explainFailure(
  error: unknown,
  at: { readonly timesteps: number; readonly updates: number },
  lastCheckpoint: string | undefined,
): unknown {
  const timestep = error instanceof UpdateFailed ? error.timestep : at.timesteps;
  const cause = error instanceof UpdateFailed ? error.cause : error;
  if (!(cause instanceof RunError)) return cause;
  const { code, field, value, expected, hint } = cause;
  const where = `(timestep ${timestep}, update ${at.updates})`;
  const left = lastCheckpoint === undefined ? '' : ` The last good checkpoint is ${lastCheckpoint}.`;
  const message = `${cause.message} ${where}.${left}`;
  return new RunError({ code, field, value, expected, hint, message }, { cause });
}
