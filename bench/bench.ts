/** One line of a bench: what was measured, and beside what. */
export interface Figure {
  readonly what: string;
  readonly ours: number;
  /** Per second where it is a rate: `updates/s`, `rows/s`; otherwise `µs`, `%`, `MB`. */
  readonly unit: string;
  /** Who it is compared with, measured in turns with ours in the same run. */
  readonly peer?: string;
  /** The peer's figure; null where the peer could not be run, with `missing` saying why. */
  readonly theirs?: number | null;
  readonly missing?: string;
  /** What is aimed at: a ratio ours/theirs where there is a peer (theirs/ours where `smallerIsBetter`), otherwise a
   * figure in `unit`. */
  readonly goal?: number;
  readonly smallerIsBetter?: boolean;
  /** What a reader must know to read it right. */
  readonly note?: string;
}

export interface BenchContext {
  /** Threads to use; by default all. */
  readonly threads: number;
  /** Python interpreter that has the peers' packages; peers are left out where it lacks them. */
  readonly python: string;
  /** Folder with recordings, undefined where there is none. */
  readonly data: string | undefined;
  /** Fewer and shorter turns: to see that it runs, not to quote. */
  readonly quick: boolean;
  /** Says what is going on, on stderr. */
  log(text: string): void;
}

/** Something that is measured by `npm run bench`. Ratios in one run are what counts; rates depend on the machine. */
export interface Bench {
  readonly name: string;
  readonly describe: string;
  /** Takes minutes: left out unless it is asked for by name. */
  readonly onlyWhenNamed?: boolean;
  /** Turns of ours and the peers' alternate. Yields figures as they come. */
  run(context: BenchContext): AsyncIterable<Figure>;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
