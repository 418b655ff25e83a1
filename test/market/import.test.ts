import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { type ImportOptions, type ImportSummary, importCaptures } from '../../market/import.ts';
import { openTape } from '../../market/tape/reader.ts';
import { Flag, Kind, timeAt } from '../../market/tape/rows.ts';
import { CAPTURE_START, CaptureBuilder, TestFolder, zstdFrame } from '../support/capture.ts';

type Row = readonly [kind: number, price: number, quantity: number, flags: number];

const BIDS = [
  ['99.9', '1.5'],
  ['99.8', '2'],
] as const;
const ASKS = [
  ['100.1', '1'],
  ['100.2', '3'],
] as const;

describe('import', () => {
  let folder: TestFolder;
  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());

  const start = (firstId?: number): CaptureBuilder => new CaptureBuilder(firstId).snapshot(BIDS, ASKS);

  async function importText(text: string, options: Partial<ImportOptions> = {}): Promise<ImportSummary> {
    return importCaptures({ captures: [folder.write('c.txt', text)], out: folder.at('t.arrow'), ...options });
  }

  /** Rows of the tape just written, carried ones left out, with their local times. */
  function rows(): { rows: Row[]; times: number[] } {
    const tape = openTape(folder.at('t.arrow'));
    const found: Row[] = [];
    const times: number[] = [];
    for (let index = 0; index < tape.batches; index++) {
      const { length, kind, price, quantity, flags, localTime } = tape.readBatch(index);
      for (let row = 0; row < length; row++) {
        if ((flags[row] & Flag.carried) !== 0) continue;
        found.push([kind[row], price[row], quantity[row], flags[row]]);
        times.push(timeAt(localTime, row));
      }
    }
    tape.close();
    return { rows: found, times };
  }

  it('turns snapshot, depth and trades into rows of ticks', async () => {
    const text = start()
      .depth([['99.9', '0']], [['100', '0.25']])
      .trade('100.0', '0.1')
      .trade('99.8', '0.2', { m: true })
      .text();
    const summary = await importText(text);
    assert.deepEqual(summary.instrument, {
      venue: 'binance-spot',
      symbol: 'TESTUSDT',
      tickSize: 0.1,
      stepSize: 0.01,
    });
    assert.deepEqual(rows().rows, [
      [Kind.reset, 0, 0, Flag.allBids | Flag.allAsks],
      [Kind.bid, 999, 1.5, 0],
      [Kind.bid, 998, 2, 0],
      [Kind.ask, 1001, 1, 0],
      [Kind.ask, 1002, 3, Flag.messageEnd],
      [Kind.bid, 999, 0, 0],
      [Kind.ask, 1000, 0.25, Flag.messageEnd],
      [Kind.buy, 1000, 0.1, Flag.messageEnd],
      [Kind.sell, 998, 0.2, Flag.messageEnd],
    ]);
    assert.equal(summary.rows, 9);
    assert.equal(summary.messages, 4);
    assert.deepEqual([summary.depthUpdates, summary.trades, summary.snapshots], [1, 2, 1]);
    assert.deepEqual(summary.span, {
      start: '2024-01-02T03:04:05.000000Z',
      end: '2024-01-02T03:04:05.300000Z',
    });
  });

  it('reads local times in s, ms, µs and ns, with and without a colon', async () => {
    const moments: readonly [string, number][] = [
      ['1704164645', 0],
      ['1704164645.25', 250_000],
      ['1704164645123', 123_000],
      ['1704164645123.5', 123_500],
      ['1704164645123456', 123_456],
      ['1704164645123456789', 123_456],
    ];
    for (const [time, micros] of moments) {
      for (const colon of ['', ':']) {
        const json = start().lines[0].replace(/^\d+ /, '');
        const text = `${time}${colon} ${json}\n`;
        await importText(text, { symbol: 'TESTUSDT' });
        assert.equal(rows().times[0], CAPTURE_START + micros, `${time}${colon}`);
      }
    }
  });

  it('reads a file that begins with a byte order mark', async () => {
    const text = start()
      .depth([['99.9', '0']], [])
      .text();
    const { checksum } = await importText(text);
    const marked = await importText(`\ufeff${text}`);
    assert.equal(marked.checksum, checksum);
    assert.equal(marked.ignored['malformed-line'], undefined);
  });

  it('reads gzip of several members and zstd of several frames like the plain file', async () => {
    const capture = start();
    for (let i = 0; i < 50; i++) capture.depth([['99.7', `${1 + i}`]], []);
    const text = capture.text();
    const half = text.indexOf('\n', text.length >> 1) - 20;
    const parts = [text.slice(0, half), text.slice(half)];
    const plain = await importText(text);
    for (const content of [
      Buffer.concat(parts.map((part) => gzipSync(part))),
      Buffer.concat(parts.map((part) => zstdFrame(part))),
    ]) {
      const path = folder.write('packed', content);
      const { checksum } = await importCaptures({ captures: [path], out: folder.at('t.arrow') });
      assert.equal(checksum, plain.checksum);
    }
  });

  it('carries the book across files and drops what an overlapping file repeats', async () => {
    const capture = start()
      .depth([['99.7', '1']], [])
      .trade('100.1', '1')
      .depth([], [['100.3', '2']]);
    const one = folder.gzip('1.gz', capture.lines.slice(0, 3).join('\n'));
    const two = folder.gzip('2.gz', capture.lines.slice(1).join('\n'));
    const summary = await importCaptures({ captures: [one, two], out: folder.at('t.arrow') });
    assert.equal(summary.gaps.length, 0);
    assert.equal(summary.trades, 1);
    assert.equal(summary.clampedLocalTimes, 1);
    assert.deepEqual(summary.ignored, { 'depth-before-snapshot': 1, 'repeated-trade': 1 });
  });

  it('makes a gap a row and waits for the next snapshot', async () => {
    const capture = start()
      .depth([['99.7', '1']], [])
      .depth([['99.6', '1']], [], 4)
      .depth([['99.5', '1']], []);
    capture.trade('100.1', '0.5').snapshot(BIDS, ASKS, capture.lastId - 1);
    capture.depth([['99.4', '1']], []);
    const summary = await importText(capture.text());
    assert.deepEqual(summary.gaps, [
      { atTime: '2024-01-02T03:04:05.200000Z', expected: 1002, received: 1006 },
    ]);
    assert.equal(summary.snapshots, 2);
    const kinds = rows().rows.map(([kind]) => kind);
    assert.deepEqual(
      kinds.filter((kind) => kind >= Kind.buy),
      [Kind.reset, Kind.gap, Kind.buy, Kind.reset],
    );
    // The update that came before the second snapshot but is newer than it is in the rebuilt book.
    const rebuilt = rows().rows.slice(kinds.lastIndexOf(Kind.reset));
    assert.ok(
      rebuilt.some(([kind, price, quantity]) => kind === Kind.bid && price === 995 && quantity === 1),
    );
  });

  it('re-anchors on a later snapshot that is older than the book without losing an update', async () => {
    const capture = start().depth([['99.7', '1']], []);
    const past = capture.lastId;
    capture.depth([['99.6', '7']], []).snapshot([...BIDS, ['99.7', '1'], ['90', '5']], ASKS, past);
    capture.depth([], [['100.3', '2']]);
    const summary = await importText(capture.text());
    assert.equal(summary.snapshots, 2);
    assert.equal(summary.gaps.length, 0);
    const all = rows().rows;
    const again = all
      .slice(all.map(([kind]) => kind).lastIndexOf(Kind.reset))
      .map(([, price, quantity]) => [price, quantity]);
    assert.deepEqual(again.slice(1, 6), [
      [999, 1.5],
      [998, 2],
      [997, 1],
      [996, 7],
      [900, 5],
    ]);
  });

  it('knows a snapshot of limited depth by its count', async () => {
    const five = Array.from({ length: 5 }, (_, i) => [`${99 - i}`, '1'] as const);
    await importText(
      new CaptureBuilder()
        .snapshot(five, ASKS)
        .depth([], [['101', '1']])
        .text(),
    );
    assert.equal(rows().rows[0][3], Flag.allAsks);
  });

  it('compares bookTicker at the same update id, whichever comes first', async () => {
    const capture = start();
    capture.ticker(['99.9', '1.5'], ['100.1', '1']);
    capture.ticker(['99.9', '1.5'], ['100.0', '4'], capture.lastId + 1);
    capture.ticker(['99.9', '1.5'], ['100.0', '5'], capture.lastId + 2);
    capture.depth([], [['100.0', '4']]);
    capture.depth([], [['100.0', '6']]);
    capture.ticker(['99.9', '1.5'], ['100.0', '6'], capture.lastId + 9);
    const { bookTicker } = await importText(capture.text());
    assert.deepEqual(bookTicker, { checked: 3, mismatches: 1 });
  });

  it('leaves off-book trades out of the flow, counts crossed books, negative latency and other kinds', async () => {
    const capture = start().trade('100.1', '1', { X: 'INSURANCE_FUND' }).trade('100.1', '1', { X: 'MARKET' });
    capture.trade('0', '0', { X: 'NA' }).event('kline', { k: {} });
    capture
      .depth([['100.1', '1']], [])
      .event('trade', { t: 9, p: '100.1', q: '1', m: true, T: 1_804_164_645_000 });
    const summary = await importText(capture.text());
    assert.equal(summary.trades, 2);
    assert.deepEqual(summary.ignored, { kline: 1, 'off-book-trade': 2 });
    assert.equal(summary.crossed, 1);
    assert.equal(summary.negativeLatencies, 1);
  });

  it('takes trades where both kinds are present, even when they come late', async () => {
    const capture = start()
      .trade('100.1', '1', {}, 'aggTrade')
      .depth([['99.7', '1']], []);
    const late = new CaptureBuilder();
    late.time = capture.time;
    for (let i = 0; i < 700; i++) late.event('kline', { pad: 'x'.repeat(100) });
    late.trade('100.15', '1').trade('100.1', '2', {}, 'aggTrade');
    const summary = await importCaptures({
      captures: [folder.write('early', capture.text()), folder.write('late', late.text())],
      out: folder.at('t.arrow'),
    });
    assert.equal(summary.trades, 1);
    assert.equal(summary.ignored.aggTrade, 2);
    // The late price was finer than every price before, too.
    assert.equal(summary.instrument.tickSize, 0.05);
  });

  it('takes USD-M by its pu, and refuses a venue that contradicts it', async () => {
    const capture = start().event('depthUpdate', { U: 900, u: 1010, pu: 890, b: [['99.7', '1']], a: [] });
    const summary = await importText(capture.text());
    assert.equal(summary.instrument.venue, 'binance-usdm');
    await folder.refuses(importText(capture.text(), { venue: 'binance-spot' }), 'wrong-venue', /pu/);
  });

  it('takes snapshots from a file of their own: a bare answer, in place when the stream reaches its id', async () => {
    const capture = new CaptureBuilder().depth([['99.7', '1']], []).depth([['99.6', '1']], []);
    capture.depth([['99.5', '1']], []);
    const answer = JSON.stringify({ lastUpdateId: 1002, bids: BIDS, asks: ASKS }, undefined, 1);
    for (const snapshot of [folder.write('s.json', answer), folder.gzip('s.json.gz', answer)]) {
      const summary = await importText(capture.text(), { snapshot });
      assert.deepEqual([summary.snapshots, summary.gaps.length], [1, 0]);
      const { rows: found, times } = rows();
      assert.equal(times[0], CAPTURE_START + 100_000);
      assert.deepEqual(
        found.filter(([kind]) => kind === Kind.bid).map(([, price]) => price),
        [999, 998, 995],
      );
    }
  });

  it('takes REST answers recorded with their URL, each for its symbol', async () => {
    const time = CAPTURE_START / 1e6 + 0.05;
    const answer = (symbol: string, price: string): string =>
      `https://api.binance.com/api/v3/depth?symbol=${symbol}&limit=1000 -> ${time}: ` +
      JSON.stringify({ lastUpdateId: 1001, bids: [[price, '1']], asks: ASKS });
    const snapshot = folder.write('http.txt', `${answer('OTHER', '5')}\n${answer('TESTUSDT', '99.9')}\n`);
    const capture = new CaptureBuilder().depth([['99.7', '1']], []).depth([['99.6', '1']], []);
    const head = 'wss://stream.binance.com:9443/stream?streams=testusdt@depth <-> 1704164644.5\n';
    const summary = await importText(head + capture.text(), { snapshot });
    assert.equal(summary.snapshots, 1);
    assert.equal(rows().rows[1][1], 999);
    await folder.refuses(
      importText(capture.text().replaceAll('TESTUSDT', 'THIRD'), { snapshot }),
      'foreign-snapshot',
      /no snapshot of THIRD, only of OTHER, TESTUSDT/,
    );
  });

  it('takes a step size finer than the quantities it sees', async () => {
    const text = start()
      .depth([['99.7', '1.25']], [])
      .text();
    const { instrument } = await importText(text, { stepSize: 0.001, out: folder.at('t.arrow') });
    assert.equal(instrument.stepSize, 0.001);
  });
});
