import { InputError } from '../base/errors.ts';
import { formatTime } from '../base/time.ts';
import type { Instrument } from '../market/instrument.ts';

/** A stretch of a tape. Times in µs. */
export interface TapeSpan {
  readonly checksum: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Refuses to judge a policy on ticks it has learned from: the same instrument at the same times, whichever file they
 * come from.
 */
export function refuseTrainingOverlap(
  trained: { readonly instrument: Instrument; readonly tapes: readonly TapeSpan[] },
  judged: { readonly instrument: Instrument; readonly tapes: readonly TapeSpan[] },
): void {
  const { instrument } = judged;
  if (trained.instrument.venue !== instrument.venue || trained.instrument.symbol !== instrument.symbol)
    return;
  for (const mine of judged.tapes) {
    for (const theirs of trained.tapes) {
      const start = Math.max(mine.start, theirs.start);
      const end = Math.min(mine.end, theirs.end);
      if (start >= end) continue;
      throw new InputError({
        code: 'training-overlap',
        message:
          `The policy was trained or chosen on ${instrument.symbol} from ${formatTime(theirs.start)} to ` +
          `${formatTime(theirs.end)}, which overlaps the evaluation from ${formatTime(mine.start)} to ` +
          `${formatTime(mine.end)}.`,
        field: 'tape',
        value: `${formatTime(start)} to ${formatTime(end)}`,
        expected: 'ticks that training did not see',
        hint: 'Evaluate on another tape, or choose a stretch by --start and --end; --allow-overlap judges it anyway.',
      });
    }
  }
}
