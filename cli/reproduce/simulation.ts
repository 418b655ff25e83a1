import { InterruptedError } from '../../base/errors.ts';
import type { ReproduceOptions } from './row.ts';

/** Paths stepped at once: their columns stay in the processor's nearest memory. */
const PATHS_AT_ONCE = 1000;

export interface Simulation {
  readonly pathsAtOnce: number;
  /** Runs one simulation of the table; its callback takes how many paths are done. */
  episodes<T>(run: (onRound: (done: number) => void) => T): Promise<T>;
  done(): void;
}

/** Progress and interruption of the simulations of a table. */
export function simulation({ context, paths }: ReproduceOptions, count: number): Simulation {
  const progress = context.progress('Simulating', count * paths, 'paths');
  let finished = 0;
  return {
    pathsAtOnce: Math.min(PATHS_AT_ONCE, paths),
    async episodes(run) {
      // A turn of the event loop, so that Ctrl-C is heard between simulations.
      await new Promise((resolve) => setImmediate(resolve));
      if (context.signal.aborted) throw new InterruptedError();
      const result = run((done) => progress.update(finished + Math.min(done, paths)));
      finished += paths;
      return result;
    },
    done: () => progress.done(),
  };
}
