import { InputError } from '../../base/errors.ts';
import type { Generator } from '../../base/random.ts';
import { formatTime, MICROSECONDS } from '../../base/time.ts';
import { checkInterval } from '../lane.ts';
import type { MarketMakingSettings } from '../settings.ts';

/** A stretch of recorded market; times in µs. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Starts on the decision grid from `first` to `last`, both included; times in µs. */
interface Starts {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

type WindowSettings = Pick<MarketMakingSettings, 'episodeSeconds' | 'warmupSeconds'>;

/**
 * Where episodes may begin: on the decision grid, within one stretch, after its warm-up, with room for a whole episode.
 * Throws an InputError where none may.
 */
export class EpisodeWindows {
  /** µs between decisions, and decisions in an episode. */
  readonly interval: number;
  readonly steps: number;
  readonly #starts: readonly Starts[];
  readonly #count: number;

  constructor(stretches: readonly Stretch[], settings: WindowSettings, decisionIntervalMs: number) {
    this.interval = checkInterval(decisionIntervalMs);
    this.steps = Math.max(1, Math.floor((settings.episodeSeconds * MICROSECONDS) / this.interval + 1e-9));
    this.#starts = stretches
      .map((stretch) => this.#startsOf(stretch, settings.warmupSeconds))
      .filter(({ count }) => count > 0);
    this.#count = this.#starts.reduce((sum, { count }) => sum + count, 0);
    if (this.#count === 0) throw tooShort(stretches, settings, this.interval);
  }

  /** A start drawn uniformly from all there are. */
  draw(generator: Generator): number {
    let index = generator.integer(this.#count);
    for (const { first, count } of this.#starts) {
      if (index < count) return first + index * this.interval;
      index -= count;
    }
    throw new Error('the counts of starts do not add up');
  }

  /** The start of this time, moved up to the grid. Throws an InputError where no whole episode fits. */
  at(time: unknown): number {
    const start = typeof time === 'number' ? Math.ceil(time / this.interval) * this.interval : Number.NaN;
    if (this.#starts.some(({ first, last }) => start >= first && start <= last)) return start;
    const ranges = this.#starts.map(
      ({ first, last }) => `${first} to ${last} (${formatTime(first)} to ${formatTime(last)})`,
    );
    throw new InputError({
      code: 'bad-episode-start',
      message: `An episode cannot start at ${String(time)}.`,
      field: 'start',
      value: time,
      expected: `µs since the epoch, ${ranges.join(' or ')}`,
    });
  }

  #startsOf({ start, end }: Stretch, warmupSeconds: number): Starts {
    const { interval, steps } = this;
    const first = Math.ceil((start + warmupSeconds * MICROSECONDS) / interval) * interval;
    const last = Math.floor(end / interval) * interval - steps * interval;
    return { first, last, count: last < first ? 0 : (last - first) / interval + 1 };
  }
}

function tooShort(
  stretches: readonly Stretch[],
  { episodeSeconds, warmupSeconds }: WindowSettings,
  interval: number,
): InputError {
  // Two intervals more, as the grid may begin and end within one.
  const needed = (warmupSeconds + episodeSeconds + (2 * interval) / MICROSECONDS).toFixed(1);
  const longest = Math.max(0, ...stretches.map(({ start, end }) => (end - start) / MICROSECONDS));
  const where = stretches.length > 1 ? 'The longest of the tapes' : 'The tape';
  return new InputError({
    code: 'tape-too-short',
    message:
      `${where} gives ${longest.toFixed(1)} s; an episode of ${episodeSeconds} s after ${warmupSeconds} s of ` +
      `warm-up needs ${needed} s.`,
    field: 'tape',
    value: longest,
    expected: `at least ${needed} s`,
    hint: 'Take a longer tape, or lower marketMaking.episodeSeconds or marketMaking.warmupSeconds.',
  });
}
