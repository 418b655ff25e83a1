import type { LevelMemory } from '../kernel/level-memory.ts';
import type { RowSink } from './row-sink.ts';
import { type RowBatch, timeAt } from './rows.ts';

/** Rows in order, each a message of its own without an update id. One object is filled again and again. */
export interface RowRun extends RowBatch {
  /** Where they are for functions of a memory, if they lie in one. */
  readonly place: RunPlace | undefined;
}

/** Where columns begin, laid out as row-layout.ts says, and for how many rows there is room. */
export interface RunPlace {
  readonly memory: LevelMemory;
  readonly start: number;
  readonly room: number;
}

/** Hands over the rows of a run one by one. */
export function pushEach(run: RowRun, to: Pick<RowSink, 'push'>): void {
  const { length, exchangeTime, localTime, kind, price, quantity, flags } = run;
  for (let row = 0; row < length; row++) {
    const [sent, received] = [timeAt(exchangeTime, row), timeAt(localTime, row)];
    to.push(sent, received, kind[row], price[row], quantity[row], flags[row], -1);
  }
}
