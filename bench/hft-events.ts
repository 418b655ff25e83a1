/** Tapes as hftbacktest's events: the same rows, with our clock or with both that were recorded. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { Flag, Kind, type Tape, timeAt } from '../market/tape/rows.ts';

/** hftbacktest/types.py */
const DTYPE = [
  ['ev', '<u8'],
  ['exch_ts', '<i8'],
  ['local_ts', '<i8'],
  ['px', '<f8'],
  ['qty', '<f8'],
  ['order_id', '<u8'],
  ['ival', '<i8'],
  ['fval', '<f8'],
] as const;
const ROW_BYTES = 64;
const DEPTH_EVENT = 1;
const TRADE_EVENT = 2;
const SNAPSHOT_EVENT = 4;
const BUY = 1 << 29;
const SELL = 1 << 28;
const AT_EXCHANGE = 1 << 31;
const LOCAL = 1 << 30;

/**
 * `local`: a row takes effect at the exchange when it was received, which is how our simulated exchange reads a tape.
 * `both`: at the recorded exchange time, and is seen when it was received; where the recorder's clock was behind, all
 * receive times are moved by the same amount, so that nothing is seen before it happened.
 */
export type Clock = 'local' | 'both';

/** Writes the rows of a tape, carried ones left out, as `.npy`; returns how many. A reset row has no counterpart. */
export function writeHftEvents(tape: Tape, path: string, clock: Clock): number {
  const rows = countRows(tape);
  const file = openSync(path, 'w');
  try {
    writeSync(file, header(rows));
    const behind = clock === 'both' ? clockBehind(tape) : 0;
    const { tickSize } = tape.info.instrument;
    const perUnit = Math.round(1 / tickSize);
    for (let index = 0; index < tape.batches; index++) {
      const batch = tape.readBatch(index);
      const bytes = Buffer.alloc(batch.length * ROW_BYTES);
      let at = 0;
      let snapshot = false;
      for (let row = 0; row < batch.length; row++) {
        const kind = batch.kind[row];
        const carried = (batch.flags[row] & Flag.carried) !== 0;
        if (!carried && kind === Kind.reset) snapshot = true;
        else if (!carried && kind !== Kind.gap) {
          const trade = kind === Kind.buy || kind === Kind.sell;
          const buy = kind === Kind.buy || kind === Kind.bid;
          const event = trade ? TRADE_EVENT : snapshot ? SNAPSHOT_EVENT : DEPTH_EVENT;
          const local = timeAt(batch.localTime, row) + behind;
          const exchange = clock === 'both' ? timeAt(batch.exchangeTime, row) : local;
          bytes.writeBigUInt64LE(BigInt((event | (buy ? BUY : SELL) | AT_EXCHANGE | LOCAL) >>> 0), at);
          bytes.writeBigInt64LE(BigInt(exchange) * 1000n, at + 8);
          bytes.writeBigInt64LE(BigInt(local) * 1000n, at + 16);
          bytes.writeDoubleLE(batch.price[row] / perUnit, at + 24);
          bytes.writeDoubleLE(batch.quantity[row], at + 32);
          at += ROW_BYTES;
        }
        if ((batch.flags[row] & Flag.messageEnd) !== 0) snapshot = false;
      }
      writeSync(file, bytes, 0, at);
    }
  } finally {
    closeSync(file);
  }
  return rows;
}

/** Whether a row says something new of the book or is a trade: what a row is in all our figures. */
export function isMarketRow(kind: number, flags: number): boolean {
  return (flags & Flag.carried) === 0 && kind !== Kind.reset && kind !== Kind.gap;
}

function countRows(tape: Tape): number {
  let rows = 0;
  for (let index = 0; index < tape.batches; index++) {
    const { length, kind, flags } = tape.readBatch(index);
    for (let row = 0; row < length; row++) if (isMarketRow(kind[row], flags[row])) rows++;
  }
  return rows;
}

/** How far the recorder's clock was behind the exchange's, at its worst, µs. */
export function clockBehind(tape: Tape): number {
  let behind = 0;
  for (let index = 0; index < tape.batches; index++) {
    const { length, exchangeTime, localTime } = tape.readBatch(index);
    for (let row = 0; row < length; row++)
      behind = Math.max(behind, timeAt(exchangeTime, row) - timeAt(localTime, row));
  }
  return behind;
}

function header(rows: number): Buffer {
  const fields = DTYPE.map(([name, type]) => `('${name}', '${type}')`).join(', ');
  const text = `{'descr': [${fields}], 'fortran_order': False, 'shape': (${rows},), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = Buffer.alloc(length, ' ');
  bytes.write('\x93NUMPY\x01\x00', 0, 'latin1');
  bytes.writeUInt16LE(length - 10, 8);
  bytes.write(text, 10, 'latin1');
  bytes[length - 1] = 0x0a;
  return bytes;
}
