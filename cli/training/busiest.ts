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
  const trades = tradesByMinute(paths, start, end);
  const width = Math.floor(length / GRID);
  const last = Math.floor((end - start - length) / GRID);
  let sum = 0;
  for (let minute = 0; minute < width; minute++) sum += trades[minute];
  let best = 0;
  let most = sum;
  for (let minute = 1; minute <= last; minute++) {
    sum += trades[minute + width - 1] - trades[minute - 1];
    if (sum > most) {
      most = sum;
      best = minute;
    }
  }
  return start + best * GRID;
}

function tradesByMinute(paths: readonly string[], start: number, end: number): Uint32Array {
  const trades = new Uint32Array(Math.ceil((end - start) / GRID) + 1);
  for (const path of paths) {
    const tape = openTape(path);
    for (let index = 0; index < tape.batches; index++) {
      const nextStart = index + 1 < tape.batches ? tape.batchStart(index + 1) : tape.info.end;
      if (nextStart < start || tape.batchStart(index) > end) continue;
      const { length, kind, localTime } = tape.readBatch(index);
      for (let row = 0; row < length; row++) {
        if (kind[row] !== Kind.buy && kind[row] !== Kind.sell) continue;
        const time = timeAt(localTime, row);
        if (time >= start && time < end) trades[Math.floor((time - start) / GRID)]++;
      }
    }
    tape.close();
  }
  return trades;
}
