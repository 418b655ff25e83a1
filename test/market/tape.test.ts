import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow';
import { InputError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import { OrderBook } from '../../market/book.ts';
import type { Instrument } from '../../market/instrument.ts';
import { ASK, BID } from '../../market/side.ts';
import { ArrowFileWriter } from '../../market/tape/arrow-file.ts';
import { BATCH_ROWS } from '../../market/tape/columns.ts';
import { memoryTape, type TapeRow } from '../../market/tape/memory.ts';
import { openTape, verifyTape } from '../../market/tape/reader.ts';
import { Flag, Kind, type RowBatch, type Tape, timeAt } from '../../market/tape/rows.ts';
import { tapeSchema } from '../../market/tape/schema.ts';
import { TapeWriter } from '../../market/tape/writer.ts';
import { zstdFrame } from '../support/capture.ts';

const INSTRUMENT: Instrument = {
  venue: 'binance-spot',
  symbol: 'NEXOUSDT',
  tickSize: 0.001,
  stepSize: 0.01,
};
const START = 1_721_749_182_850_494;

/** A snapshot with a horizon, then messages of random levels and trades, sometimes a gap and a new snapshot. */
function someRows(messages: number, seed = 1): TapeRow[] {
  const random = stream(seed, 'rows');
  const rows: TapeRow[] = [];
  const add = (time: number, kind: number, price: number, quantity: number, flags: number, id?: number) =>
    rows.push({
      exchangeTime: time - 20_000,
      localTime: time,
      kind,
      price,
      quantity,
      flags,
      ...(id === undefined ? {} : { updateId: id }),
    });
  const snapshot = (time: number, id: number) => {
    add(time, Kind.reset, 0, 0, Flag.allAsks, id);
    for (let level = 0; level < 50; level++) {
      add(time, Kind.bid, 1000 - level, 1 + random.integer(9), 0, id);
      add(time, Kind.ask, 1001 + level, 1 + random.integer(9), level === 49 ? Flag.messageEnd : 0, id);
    }
  };
  snapshot(START, 1);
  for (let message = 1; message < messages; message++) {
    const time = START + message * 100_000;
    if (random.integer(4000) === 0) {
      add(time, Kind.gap, 0, 0, Flag.messageEnd);
      snapshot(time + 1, message);
    } else if (random.integer(4) === 0) {
      add(time, Kind.buy, 1001, 0.5, Flag.messageEnd);
    } else {
      const count = 1 + random.integer(6);
      for (let i = 0; i < count; i++) {
        const side = random.integer(2);
        const price = side === BID ? 1000 - random.integer(150) : 1001 + random.integer(80);
        const end = i === count - 1 ? Flag.messageEnd : 0;
        add(time, side === BID ? Kind.bid : Kind.ask, price, random.integer(5), end, message);
      }
    }
  }
  return rows;
}

/** Book after each message end, from one batch on, as text. */
function replay(tape: Tape, firstBatch: number, followCarried: boolean): Map<number, string> {
  const book = new OrderBook();
  const states = new Map<number, string>();
  let begun = false;
  let lows = Number.POSITIVE_INFINITY;
  let resetFlags = -1;
  for (let index = firstBatch; index < tape.batches; index++) {
    const { length, kind, price, quantity, flags, localTime } = tape.readBatch(index);
    for (let row = 0; row < length; row++) {
      const carried = (flags[row] & Flag.carried) !== 0;
      if (carried && begun && !followCarried) continue;
      if (!carried) begun = true;
      if (kind[row] === Kind.reset) {
        book.reset();
        resetFlags = flags[row];
        lows = Number.POSITIVE_INFINITY;
      } else if (kind[row] === Kind.bid) {
        book.apply(BID, price[row], quantity[row]);
        if (price[row] < lows) lows = price[row];
      } else if (kind[row] === Kind.ask) book.apply(ASK, price[row], quantity[row]);
      if ((flags[row] & Flag.messageEnd) === 0) continue;
      if (resetFlags >= 0) {
        book.setHorizon(
          (resetFlags & Flag.allBids) !== 0 ? Number.NEGATIVE_INFINITY : lows,
          Number.POSITIVE_INFINITY,
        );
        resetFlags = -1;
      }
      if (!carried && (timeAt(localTime, row) - START) % 10_000_000 === 0)
        states.set(timeAt(localTime, row), describeBook(book));
    }
  }
  return states;
}

function describeBook(book: OrderBook): string {
  const known: string[] = [`${book.lowestKnownBid}`];
  for (const side of [BID, ASK] as const) {
    const { count, prices, quantities } = book.list(side);
    for (let i = 0; i < count; i++) known.push(`${side}:${prices[i]}=${quantities[i]}`);
  }
  return known.join(' ');
}

const COLUMNS = ['length', 'exchangeTime', 'localTime', 'kind', 'price', 'quantity', 'flags'] as const;

describe('tape', () => {
  let folder: string;
  let path: string;
  const rows = someRows(60_000);

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tape-'));
    path = join(folder, 'a.arrow');
    write(path, rows);
  });
  after(() => rmSync(folder, { recursive: true }));

  function write(to: string, content: readonly TapeRow[]) {
    const writer = new TapeWriter(to, { instrument: INSTRUMENT, source: ['one.gz', 'two.gz'] });
    for (const row of content) {
      writer.push(
        row.exchangeTime,
        row.localTime,
        row.kind,
        row.price,
        row.quantity,
        row.flags,
        row.updateId ?? -1,
      );
    }
    return writer.finish();
  }

  it('is the same to the last bit whatever tapes were written before', () => {
    // Fewer rows than a byte of the bitmap of update ids has bits, behind more and others.
    const [few, many] = [someRows(200).slice(0, -1), someRows(40_000, 2)];
    while ((few.at(-1)?.flags ?? 1) !== Flag.messageEnd) few.pop();
    const again = join(folder, 'again.arrow');
    const bytesOf = (content: readonly TapeRow[]): Buffer => {
      write(again, content);
      return readFileSync(again);
    };
    const before = bytesOf(few);
    assert.notEqual(few.length % 8, 0);
    bytesOf(many);
    bytesOf(many.map((row) => ({ ...row, updateId: 7 })));
    assert.ok(bytesOf(few).equals(before));
  });

  it('gives back every row, in batches of at most 65,536 that begin with the book', () => {
    const tape = openTape(path);
    assert.ok(tape.batches >= 3);
    let next = 0;
    let total = 0;
    for (let index = 0; index < tape.batches; index++) {
      const batch = tape.readBatch(index);
      assert.ok(batch.length <= BATCH_ROWS);
      assert.equal(batch.kind[0], Kind.reset);
      assert.equal(tape.batchStart(index), timeAt(batch.localTime, 0));
      total += batch.length;
      for (let row = 0; row < batch.length; row++) {
        if ((batch.flags[row] & Flag.carried) !== 0) continue;
        const expected = rows[next++];
        assert.equal(timeAt(batch.exchangeTime, row), expected.exchangeTime);
        assert.equal(timeAt(batch.localTime, row), expected.localTime);
        assert.equal(batch.kind[row], expected.kind);
        assert.equal(batch.price[row], expected.price);
        assert.equal(batch.quantity[row], expected.quantity);
        assert.equal(batch.flags[row], expected.flags);
      }
    }
    assert.equal(next, rows.length);
    assert.equal(tape.info.rows, total);
    assert.equal(tape.info.start, START);
    assert.equal(tape.info.end, rows[rows.length - 1].localTime);
    assert.deepEqual(tape.info.instrument, INSTRUMENT);
    assert.deepEqual(tape.info.source, ['one.gz', 'two.gz']);
    tape.close();
  });

  it('can be read from any batch: the carried book, its horizon included, is the book of a full replay', () => {
    const tape = openTape(path);
    const full = replay(tape, 0, false);
    for (let index = 1; index < tape.batches; index++) {
      const from = replay(tape, index, false);
      assert.ok(from.size > 0);
      for (const [time, state] of from) assert.equal(state, full.get(time));
    }
    assert.deepEqual(replay(tape, 0, true), full);
    tape.close();
  });

  it('is the same in memory as in a file', () => {
    const inMemory = memoryTape(INSTRUMENT, rows);
    const inFile = openTape(path);
    assert.equal(inMemory.batches, inFile.batches);
    for (let index = 0; index < inFile.batches; index++) {
      const [held, read] = [inMemory.readBatch(index), inFile.readBatch(index)];
      for (const column of COLUMNS) assert.deepEqual(read[column], held[column], column);
    }
    inFile.close();
  });

  it('is read by the batch or in parts of any length, which are the same rows', () => {
    const whole = openTape(path);
    const parted = openTape(path);
    for (let index = 0; index < whole.batches; index++) {
      const batch = whole.readBatch(index);
      let from = 0;
      for (const most of [1, 7, 5000, 1e6, 1]) {
        const part: RowBatch | null | undefined = parted.readRows?.(index, from, most);
        if (from === batch.length) assert.equal(part, null);
        if (part == null) continue;
        assert.equal(part.length, Math.min(most, batch.length - from));
        for (const column of COLUMNS) {
          if (column === 'length') continue;
          const width = column.endsWith('Time') ? 2 : 1;
          const slice: RowBatch[typeof column] = batch[column].slice(
            width * from,
            width * (from + part.length),
          );
          assert.deepEqual(part[column], slice, `${column} from ${from}`);
        }
        from += part.length;
      }
      assert.equal(from, batch.length);
    }
    whole.close();
    parted.close();
  });

  it('is an Arrow file with typed columns and its checksum in the metadata', () => {
    const table = tableFromIPC(readFileSync(path));
    assert.deepEqual(
      table.schema.fields.map(({ name, type }) => `${name} ${type}`),
      [
        'exchangeTime Timestamp<MICROSECOND, UTC>',
        'localTime Timestamp<MICROSECOND, UTC>',
        'kind Uint8',
        'price Int32',
        'quantity Float64',
        'flags Uint8',
        'updateId Int64',
      ],
    );
    const info = verifyTape(path);
    assert.equal(table.schema.metadata.get('checksum'), info.checksum);
    assert.equal(table.numRows, info.rows);
    const trade = [...Array(table.numRows).keys()].find((row) => table.get(row)?.kind === Kind.buy);
    assert.equal(table.get(trade ?? 0)?.updateId, null);
    assert.equal(table.get(0)?.updateId, 1n);
  });

  it('is the same bytes for the same rows', () => {
    const again = join(folder, 'again.arrow');
    write(again, rows);
    assert.ok(readFileSync(again).equals(readFileSync(path)));
  });

  it('starts unsynchronised where trades come before the first snapshot', () => {
    const trade = { exchangeTime: 1, localTime: 5, kind: Kind.buy, price: 9, quantity: 1, flags: 1 };
    const { kind, flags, length } = memoryTape(INSTRUMENT, [trade]).readBatch(0);
    assert.deepEqual([...kind.subarray(0, length)], [Kind.reset, Kind.gap, Kind.buy]);
    assert.deepEqual([...flags.subarray(0, length)], [9, 9, 1]);
  });

  it('holds a message larger than a batch', () => {
    const big: TapeRow[] = [];
    for (let i = 0; i < 70_000; i++) {
      const end = i === 69_999 ? Flag.messageEnd : 0;
      const kind = i === 0 ? Kind.reset : Kind.bid;
      big.push({ exchangeTime: 1, localTime: 1, kind, price: 70_000 - i, quantity: 1, flags: end });
    }
    big.push({
      exchangeTime: 2,
      localTime: 2,
      kind: Kind.bid,
      price: 3,
      quantity: 2,
      flags: Flag.messageEnd,
    });
    const tape = memoryTape(INSTRUMENT, big);
    assert.equal(tape.readBatch(0).length, 70_001);
  });

  describe('refuses', () => {
    const refused = (name: string, content: Uint8Array | string, code: string, text: RegExp) => {
      const file = join(folder, name);
      writeFileSync(file, content);
      assert.throws(
        () => openTape(file),
        (error: unknown) => error instanceof InputError && error.code === code && text.test(error.message),
      );
    };

    it('a missing file', () => {
      assert.throws(() => openTape(join(folder, 'none.arrow')), { code: 'file-not-found' });
    });
    it('an empty file', () => refused('empty.arrow', '', 'foreign-tape', /empty/));
    it('a capture', () =>
      refused('c.gz', Buffer.from('1f8b080000000000', 'hex'), 'foreign-tape', /compressed/));
    it('a compressed tape that is cut short', () => {
      const bytes = gzipSync(readFileSync(path));
      refused('cut.arrow.gz', bytes.subarray(0, bytes.length >> 1), 'damaged-file', /truncated or damaged/);
    });
    it('any other file', () => refused('x.arrow', 'time,price\n1,2\n', 'foreign-tape', /does not begin/));
    it('a tape cut short anywhere', () => {
      const bytes = readFileSync(path);
      for (const keep of [7, 20, 1000, bytes.length >> 1, bytes.length - 1]) {
        refused(`cut-${keep}.arrow`, bytes.subarray(0, keep), 'truncated-tape', /truncated/);
      }
    });
    it('a tape of another version', () => {
      const parts: Uint8Array[] = [];
      const schema = tapeSchema({ instrument: INSTRUMENT, source: [] });
      schema.metadata.set('formatVersion', '7');
      new ArrowFileWriter(schema, (bytes) => parts.push(bytes.slice())).finish(schema);
      refused('v7.arrow', Buffer.concat(parts), 'tape-version', /version 7/);
    });
    it('an Arrow file that another program wrote, of whatever content', () => {
      const prices = tableFromArrays({ price: Float64Array.of(1, 2) });
      refused('prices.arrow', tableToIPC(prices, 'file'), 'foreign-tape', /another program/);
      const rewritten = tableFromIPC(readFileSync(path));
      refused('rewritten.arrow', tableToIPC(rewritten, 'file'), 'foreign-tape', /another program/);
    });
    it('rows that were changed, on verification', () => {
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1] ^= 0xff;
      const file = join(folder, 'flipped.arrow');
      writeFileSync(file, bytes);
      assert.throws(() => verifyTape(file), { code: 'damaged-tape' });
    });
    it('a footer with any byte changed', () => {
      const whole = readFileSync(path);
      const footerBytes = whole.readUInt32LE(whole.length - 10);
      for (let at = whole.length - 10 - footerBytes; at < whole.length - 10; at += 37) {
        const bytes = Buffer.from(whole);
        bytes[at] ^= 0x55;
        refused('noise.arrow', bytes.subarray(), 'damaged-tape', /footer is damaged/);
      }
    });
  });

  it('is read as it is where gzip or zstd keeps it, and leaves no copy', () => {
    const copies = () => readdirSync(tmpdir()).filter((name) => name.startsWith('makergym-tape-'));
    const before = copies();
    const whole = openTape(path);
    const bytes = readFileSync(path);
    for (const [name, compressed] of [
      ['tape.arrow.gz', gzipSync(bytes)],
      ['tape.arrow.zst', zstdFrame(bytes)],
    ] as const) {
      writeFileSync(join(folder, name), compressed);
      const tape = openTape(join(folder, name));
      assert.deepEqual(tape.info, whole.info);
      assert.deepEqual(tape.readBatch(0), whole.readBatch(0));
      tape.close();
    }
    whole.close();
    assert.deepEqual(copies(), before);
  });

  it('leaves no file behind when it is discarded', () => {
    const writer = new TapeWriter(join(folder, 'gone.arrow'), { instrument: INSTRUMENT, source: [] });
    for (const row of rows) {
      writer.push(row.exchangeTime, row.localTime, row.kind, row.price, row.quantity, row.flags, -1);
    }
    writer.discard();
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('gone')),
      [],
    );
    assert.throws(() => truncateSync(join(folder, 'gone.arrow')));
  });
});
