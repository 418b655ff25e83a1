import { MICROSECONDS } from '../../base/time.ts';
import { openTape } from '../../market/tape/reader.ts';
import { Kind, timeAt } from '../../market/tape/rows.ts';

/** Grid that a stretch may begin on, µs. */
const GRID = 60 * MICROSECONDS;

/**
 * Start of the stretch of `length` µs within [start, end] that has most trades, on a grid of a minute from `start`; the
 * earliest of equals. In quiet hours nothing fills, and a score of nothing tells policies apart by nothing.
 */
export function busiestStart(paths: readonly string[], start: number, end: number, length: number): number {
  if (end - start <= length) return start;
  const rest = length % GRID;
  const { whole, begun } = tradesByMinute(paths, start, end, rest);
  const width = Math.floor(length / GRID);
  const last = Math.floor((end - start - length) / GRID);
  let sum = 0;
  for (let minute = 0; minute < width; minute++) sum += whole[minute];
  let best = 0;
  let most = sum + begun[width];
  for (let minute = 1; minute <= last; minute++) {
    // Where the width is 0 these are the same minute.
    sum += whole[minute + width - 1] - whole[minute - 1];
    const trades = sum + begun[minute + width];
    if (trades > most) {
      most = trades;
      best = minute;
    }
  }
  return start + best * GRID;
}

/** Trades of each minute, and those of its first `rest` µs, with which a stretch of no whole minutes ends. */
function tradesByMinute(paths: readonly string[], start: number, end: number, rest: number) {
  const minutes = Math.ceil((end - start) / GRID) + 1;
  const whole = new Uint32Array(minutes);
  const begun = new Uint32Array(minutes);
  for (const path of paths) {
    const tape = openTape(path);
    for (let index = 0; index < tape.batches; index++) {
      const nextStart = index + 1 < tape.batches ? tape.batchStart(index + 1) : tape.info.end;
      if (nextStart < start || tape.batchStart(index) > end) continue;
      const { length, kind, localTime } = tape.readBatch(index);
      for (let row = 0; row < length; row++) {
        if (kind[row] !== Kind.buy && kind[row] !== Kind.sell) continue;
        const time = timeAt(localTime, row);
        if (time < start || time >= end) continue;
        const minute = Math.floor((time - start) / GRID);
        whole[minute]++;
        if (time - start - minute * GRID < rest) begun[minute]++;
      }
    }
    tape.close();
  }
  return { whole, begun };
}
