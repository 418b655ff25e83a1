import type { TapeReplay } from '../../market/replay.ts';
import type { Tape } from '../../market/tape/rows.ts';
import type { LaneModels } from '../lane.ts';
import type { Quoter } from '../quoter.ts';
import type { LaneSettings, MarketMakingSettings } from '../settings.ts';

type Partly<Settings> = {
  readonly [Key in keyof Settings]?: NonNullable<Settings[Key]> extends readonly unknown[]
    ? Settings[Key]
    : NonNullable<Settings[Key]> extends object
      ? Partly<NonNullable<Settings[Key]>>
      : Settings[Key];
};

/** Options of `make('MarketMaking-v0', …)`: one of `tape`, `tapes` and `replay`; settings in part (docs/environment.md). */
export interface MarketMakingMakeOptions {
  /** Paths of tapes, in order of time. */
  readonly tape?: string | readonly string[];
  readonly tapes?: readonly Tape[];
  readonly replay?: TapeReplay;
  readonly lane?: Partly<LaneSettings>;
  readonly marketMaking?: Partly<MarketMakingSettings>;
  /** Whose quotes the actions are residuals on; the one that `marketMaking.anchor` names by default. */
  readonly anchor?: Quoter;
  /** Puts a safety layer, or anything else, around whoever quotes. */
  readonly protect?: (quoter: Quoter) => Quoter;
  /** Makes latency, queue and fee models for each episode, in place of those that `lane` names. */
  readonly models?: () => LaneModels;
  /** Stretch that episodes lie in, µs since the epoch. */
  readonly start?: number;
  readonly end?: number;
  readonly seed?: number;
}
