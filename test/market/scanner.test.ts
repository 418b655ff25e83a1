import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Decoder } from '../../market/binance/decoder.ts';
import { Message, MessageKind } from '../../market/binance/message.ts';
import { MessageScanner } from '../../market/binance/scanner/message-scanner.ts';
import { CaptureFile } from '../../market/capture/capture-file.ts';
import { CaptureLine } from '../../market/capture/line.ts';
import { readLines } from '../../market/capture/lines.ts';
import { scanLines } from '../../market/capture/scan-lines.ts';
import { TickGrid } from '../../market/tick-grid.ts';

/** A line as a program without a scanner reads it: time, message, levels; undefined where it is none. */
function decodeLine(text: string): unknown {
  const line = new CaptureLine();
  const message = new Message();
  const bytes = Buffer.from(text);
  if (line.read(bytes, 0, bytes.length) !== 'message') return undefined;
  if (new Decoder().decode(bytes, line.jsonStart, bytes.length, message) !== 'message') return undefined;
  const { bids, asks } = message;
  const side = ({ count, prices, quantities }: typeof bids) => [
    [...prices.subarray(0, count)],
    [...quantities.subarray(0, count)],
  ];
  return describeMessage(line.localTime, message, [side(bids), side(asks)]);
}

function describeMessage(time: number, message: Message, levels: unknown): unknown {
  const { kind, symbol, execution, eventTime, transactionTime, lastId } = message;
  const common = [time, kind, symbol, execution, eventTime, transactionTime, lastId];
  if (kind === MessageKind.depth) return [...common, message.firstId, message.previousId, levels];
  if (kind === MessageKind.bookTicker) {
    const { bidPrice, bidQuantity, askPrice, askQuantity } = message;
    return [...common, bidPrice, bidQuantity, askPrice, askQuantity];
  }
  return [...common, message.tradeId, message.price, message.quantity, message.buyerIsMaker];
}

/** Scans a line; undefined where the scanner leaves it to the decoder. */
function scanLine(scanner: MessageScanner, text: string): unknown {
  const bytes = Buffer.from(`${text}\n`);
  scanner.bytes.set(bytes, scanner.input);
  scanner.end(scanner.input + bytes.length);
  const next = scanner.scan(scanner.input, scanner.input + bytes.length);
  if (next === 0) return undefined;
  assert.equal(next, scanner.input + bytes.length);
  const message = new Message();
  scanner.read(message);
  const { bids, count, writtenPrices, quantities } = scanner;
  const side = (from: number, to: number) => [
    [...writtenPrices.subarray(from, to)],
    [...quantities.subarray(from, to)],
  ];
  return describeMessage(scanner.localTime, message, [side(0, bids), side(bids, count)]);
}

/** A scanner that knows how these lines are written. */
function scannerOf(...lines: readonly string[]): MessageScanner {
  const scanner = new MessageScanner();
  const decoder = new Decoder();
  for (const text of lines) {
    const line = new CaptureLine();
    const bytes = Buffer.from(text);
    line.read(bytes, 0, bytes.length);
    assert.equal(decoder.decode(bytes, line.jsonStart, bytes.length, new Message()), 'message');
    assert.ok(decoder.shape !== undefined);
    scanner.learn(decoder.shape);
  }
  return scanner;
}

const time = fc.oneof(
  fc.bigInt({ min: 10n ** 15n, max: 4n * 10n ** 15n }),
  fc.bigInt({ min: 10n ** 18n, max: 4n * 10n ** 18n }),
);
const id = fc.bigInt({ min: 0n, max: 2n ** 53n - 1n });
const milliseconds = fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 });
const decimal = fc
  .tuple(fc.integer({ min: 0, max: 90_000_000 }), fc.integer({ min: 0, max: 99_999_999 }), fc.nat(8))
  .map(([whole, fraction, decimals]) =>
    decimals === 0 ? `${whole}` : `${whole}.${`${fraction}`.padStart(8, '0').slice(0, decimals)}`,
  );
const levels = fc
  .array(fc.tuple(decimal, decimal), { maxLength: 12 })
  .map((list) => `[${list.map(([price, quantity]) => `["${price}","${quantity}"]`).join(',')}]`);

/** Lines as Binance writes them, of one symbol. */
const STREAMS: readonly fc.Arbitrary<string>[] = [
  fc
    .tuple(time, milliseconds, id, id, levels, levels)
    .map(
      ([local, E, U, u, bids, asks]) =>
        `${local} {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":${E},"s":"BTCUSDT","U":${U},"u":${u},"b":${bids},"a":${asks}}}`,
    ),
  fc
    .tuple(time, milliseconds, milliseconds, id, id, id, levels, levels)
    .map(
      ([local, E, T, U, u, pu, bids, asks]) =>
        `${local} {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":${E},"T":${T},"s":"BTCUSDT","U":${U},"u":${u},"pu":${pu},"b":${bids},"a":${asks}}}`,
    ),
  fc
    .tuple(time, id, decimal, decimal, decimal, decimal)
    .map(
      ([local, u, b, B, a, A]) =>
        `${local} {"stream":"btcusdt@bookTicker","data":{"u":${u},"s":"BTCUSDT","b":"${b}","B":"${B}","a":"${a}","A":"${A}"}}`,
    ),
  fc
    .tuple(time, milliseconds, milliseconds, id, decimal, decimal, fc.boolean())
    .map(
      ([local, E, T, t, p, q, m]) =>
        `${local} {"e":"trade","E":${E},"T":${T},"s":"BTCUSDT","t":${t},"p":"${p}","q":"${q}","X":"MARKET","m":${m}}`,
    ),
  fc
    .tuple(time, milliseconds, id, decimal, decimal, fc.boolean())
    .map(
      ([local, E, a, p, q, m]) =>
        `${local} {"e":"aggTrade","E":${E},"a":${a},"s":"BTCUSDT","p":"${p}","q":"${q}","m":${m},"M":true}`,
    ),
];

const EXAMPLES = STREAMS.map((stream) => fc.sample(stream, { numRuns: 1, seed: 1 })[0]);

describe('scanner of messages', () => {
  it('reads lines written like those it knows as the decoder reads them', () => {
    const scanner = scannerOf(...EXAMPLES);
    fc.assert(
      fc.property(fc.oneof(...STREAMS), (text) => {
        const scanned = scanLine(scanner, text);
        assert.notEqual(scanned, undefined, text);
        assert.deepEqual(scanned, decodeLine(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('never reads a damaged line otherwise than the decoder', () => {
    const scanner = scannerOf(...EXAMPLES);
    const damage = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      drop: fc.nat(2),
      insert: fc.constantFrom(
        '',
        '0',
        '9',
        '.',
        '-',
        '"',
        ',',
        '[',
        ']',
        '}',
        ' ',
        '\r',
        'e5',
        '00000000',
        'x',
      ),
    });
    fc.assert(
      fc.property(fc.oneof(...STREAMS), fc.array(damage, { minLength: 1, maxLength: 2 }), (text, damages) => {
        let damaged = text;
        for (const { at, drop, insert } of damages) {
          const place = Math.floor(at * damaged.length);
          damaged = damaged.slice(0, place) + insert + damaged.slice(place + drop);
        }
        const scanned = scanLine(scanner, damaged);
        if (scanned !== undefined) assert.deepEqual(scanned, decodeLine(damaged));
      }),
      { numRuns: 3000 },
    );
  });

  it('lays prices on the grid and counts the decimals of quantities, and leaves prices off it alone', () => {
    const line = (price: string, quantity: string): string =>
      `1704164645000000 {"e":"depthUpdate","E":1,"s":"X","U":1,"u":2,"b":[["${price}","${quantity}"]],"a":[]}`;
    const scanner = scannerOf(line('1', '1'));
    for (const [tickSize, price] of [
      [0.1, '63935.10'],
      [0.01, '61685.99000000'],
      [0.001, '1.215'],
      [1e-8, '0.00000123'],
      [5, '120'],
    ] as const) {
      scanner.tickSize = tickSize;
      assert.notEqual(scanLine(scanner, line(price, '0.00100000')), undefined);
      assert.equal(scanner.prices[0], new TickGrid(tickSize).toTicks(Number(price)));
      assert.deepEqual([...scanner.decimals], [0, 0, 0, 1, 0, 0, 0, 0, 0]);
    }
    scanner.tickSize = 0.1;
    assert.equal(scanLine(scanner, line('63935.11', '1')), undefined);
    assert.equal(scanLine(scanner, line('300000000', '1')), undefined);
    assert.notEqual(scanLine(scanner, line('63935.10', '0.000')), undefined);
    assert.deepEqual([...scanner.decimals], [0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('reads no line with a local time beyond the year 2254', () => {
    const scanner = scannerOf(...EXAMPLES);
    const at = (time: number) => EXAMPLES[0].replace(/^\d+/, `${time}`);
    const last = Date.UTC(2255, 0) * 1000 - 1;
    assert.deepEqual(scanLine(scanner, at(last)), decodeLine(at(last)));
    assert.notEqual(decodeLine(at(last)), undefined);
    assert.equal(scanLine(scanner, at(last + 1)), undefined);
    assert.equal(decodeLine(at(last + 1)), undefined);
  });

  it('reads no line that is not whole', () => {
    const scanner = scannerOf(...EXAMPLES);
    for (const text of EXAMPLES) {
      const bytes = Buffer.from(`${text}\n`);
      scanner.bytes.set(bytes, scanner.input);
      for (let length = 0; length < bytes.length; length++) {
        scanner.bytes.set(bytes, scanner.input);
        scanner.end(scanner.input + length);
        assert.equal(scanner.scan(scanner.input, scanner.input + length), 0);
      }
    }
  });
});

describe('scanned lines', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-lines-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are those of the file, whatever their length and wherever its chunks end', async () => {
    const [depth, , ticker, trade] = EXAMPLES;
    const lines: string[] = [];
    for (let i = 0; i < 30_000; i++) {
      lines.push([depth, ticker, trade, '', `x${i}`][i % 5]);
      // Longer than a chunk, and longer than all the scanner's input.
      if (i === 7_000) lines.push('y'.repeat(900_000));
      if (i === 9_000) lines.push(...['z'.repeat(2_500_000), 'w'.repeat(1 << 20), 'v'.repeat((1 << 20) - 1)]);
    }
    for (const end of ['', '\n']) {
      const text = lines.join('\n') + end;
      const path = join(folder, 'lines.gz');
      writeFileSync(path, gzipSync(text, { level: 1 }));
      const expected: string[] = [];
      await readLines(
        path,
        (bytes, from, to) => expected.push(Buffer.from(bytes.slice(from, to)).toString()) > 0,
        { field: 'capture' },
      );
      assert.deepEqual(expected, lines);
      const scanner = scannerOf(depth, ticker, trade);
      let scanned = 0;
      let read = 0;
      const file = new CaptureFile(path, { field: 'capture' });
      await scanLines(file, file.chunks(), scanner, {
        onScanned: (line, length) => {
          scanned++;
          assert.equal(line, ++read);
          assert.equal(length, lines[line - 1].length + 1);
          return true;
        },
        onLine: (bytes, from, to, line) => {
          assert.equal(line, ++read);
          assert.equal(Buffer.from(bytes.slice(from, to)).toString(), lines[line - 1]);
          return true;
        },
      });
      await file.close();
      assert.equal(read, lines.length);
      assert.ok(scanned > 17_900, `${scanned} lines were scanned`);
    }
  });
});
