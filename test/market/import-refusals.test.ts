import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type ImportOptions, type ImportSummary, importCaptures } from '../../market/import.ts';
import { openTape } from '../../market/tape/reader.ts';
import { CaptureBuilder, TestFolder, zstdFrame } from '../support/capture.ts';

const BIDS = [['99.9', '1.5']] as const;
const ASKS = [['100.1', '1']] as const;

describe('import refuses', () => {
  let folder: TestFolder;
  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());

  const start = (firstId?: number): CaptureBuilder => new CaptureBuilder(firstId).snapshot(BIDS, ASKS);

  async function importText(text: string, options: Partial<ImportOptions> = {}): Promise<ImportSummary> {
    return importCaptures({ captures: [folder.write('c.txt', text)], out: folder.at('t.arrow'), ...options });
  }

  const out = (): { out: string } => ({ out: folder.at('bad.arrow') });
  afterEach(() => assert.equal(existsSync(folder.at('bad.arrow')), false));

  it('a missing file, a folder, an empty file and an empty gzip', async () => {
    await folder.refuses(
      importCaptures({ captures: [folder.at('no')], ...out() }),
      'file-not-found',
      /No such file/,
    );
    await folder.refuses(importCaptures({ captures: [folder.path], ...out() }), 'foreign-file', /folder/);
    const files = [folder.write('empty', ''), folder.gzip('empty.gz', ''), folder.write('blank', '\n\n')];
    for (const path of files)
      await folder.refuses(importCaptures({ captures: [path], ...out() }), 'empty-file', /is empty/);
  });

  it('a truncated and a damaged gzip or zstd file', async () => {
    const capture = start();
    for (let i = 0; i < 500; i++) capture.depth([[`9${i % 10}.7`, `${i * 7919}`]], []);
    const packed = gzipSync(capture.text());
    const cut = folder.write('cut.gz', packed.subarray(0, packed.length - 100));
    await folder.refuses(
      importCaptures({ captures: [cut], ...out() }),
      'truncated-file',
      /cut\.gz is truncated/,
    );
    packed.fill(0xa5, 300, 400);
    const damaged = folder.write('damaged.gz', packed);
    await folder.refuses(importCaptures({ captures: [damaged], ...out() }), 'damaged-file', /damaged/);
    const frame = zstdFrame(capture.text());
    const short = folder.write('cut.zst', frame.subarray(0, frame.length - 100));
    await folder.refuses(importCaptures({ captures: [short], ...out() }), 'truncated-file', /truncated/);
  });

  it('the same of captures that a thread inflates, which it reads as zlib does', async () => {
    const capture = start();
    for (let i = 0; i < 30_000; i++) capture.trade(`${90 + (i % 97) / 10}`, `${1 + ((i * i) % 9973) / 100}`);
    const whole = gzipSync(capture.text());
    assert.ok(whole.length > 1 << 18);
    const importGzip = (bytes: Uint8Array) =>
      importCaptures({ captures: [folder.write('big.gz', bytes)], out: folder.at('t.arrow') });
    // The first import of a process has no thread.
    const { checksum } = await importGzip(whole);
    assert.equal((await importGzip(whole)).checksum, checksum);
    assert.equal((await importGzip(Buffer.concat([whole, Buffer.alloc(100)]))).checksum, checksum);
    await folder.refuses(
      importGzip(whole.subarray(0, -100)),
      'truncated-file',
      /gzip data stops before its end/,
    );
    const damaged = Buffer.from(whole);
    damaged[whole.length - 6] ^= 1;
    await folder.refuses(
      importGzip(damaged),
      'damaged-file',
      /cannot be decompressed \(incorrect data check\)/,
    );
  });

  it('files that are no captures', async () => {
    const csv = folder.write('prices.csv', 'time,price\n1,2\n');
    await folder.refuses(importCaptures({ captures: [csv], ...out() }), 'foreign-file', /local time/);
    const noise = folder.write(
      'noise.gz',
      Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 37) & 0xff)),
    );
    await folder.refuses(importCaptures({ captures: [noise], ...out() }), 'foreign-file', /no capture/);
    await importText(start().depth([], []).text());
    await folder.refuses(
      importCaptures({ captures: [folder.at('t.arrow')], ...out() }),
      'foreign-file',
      /tape already/,
    );
  });

  it('a symbol that the captures never name, though a snapshot that names none is at hand', async () => {
    const [bids, asks] = [BIDS, ASKS].map((side) => JSON.stringify(side));
    const snapshot = folder.write('bare.json', `{"lastUpdateId":1000,"bids":${bids},"asks":${asks}}`);
    const recorded = folder.write('recorded.txt', start().text());
    for (const path of [snapshot, recorded]) {
      await folder.refuses(
        importText(start().depth(BIDS, ASKS).text(), { symbol: 'OTHERUSDT', snapshot: path, ...out() }),
        'no-book',
        /no depth update of OTHERUSDT/,
      );
    }
  });

  it('a local time that cannot be: the line is skipped and counted, and no tape is written that nobody can read', async () => {
    const capture = start().depth([['99.9', '2']], []);
    for (const time of ['9999999999999999', '99999999999999', '9999999999999999999'])
      capture.raw(`${time} {"e":"trade","s":"TESTUSDT","t":1,"p":"100.1","q":"1","m":false}`);
    capture.depth([['99.9', '3']], []);
    const summary = await importText(capture.text());
    assert.deepEqual(summary.ignored, { 'malformed-line': 3 });
    assert.equal(summary.clampedLocalTimes, 0);
    assert.ok(summary.span.end < '2100');
    openTape(summary.out).close();
  });

  it('a malformed line: skipped, counted and named, or fatal with strict', async () => {
    const capture = start()
      .raw('1704164645100000 {"e":"trade","p":')
      .depth([['99.7', '1']], [])
      .raw('x{}');
    const warnings: string[] = [];
    const summary = await importText(capture.text(), { onWarning: (text) => warnings.push(text) });
    assert.equal(summary.ignored['malformed-line'], 2);
    assert.match(warnings[0], /c\.txt:2: .*not JSON/);
    assert.match(warnings[1], /c\.txt:4: .*local time/);
    await folder.refuses(
      importText(capture.text(), { strict: true, ...out() }),
      'malformed-line',
      /c\.txt:2/,
    );
  });

  it('two symbols, unless one is chosen', async () => {
    const capture = start().depth([['99.7', '1']], []);
    capture.symbol = 'OTHERUSDT';
    capture.trade('5', '1');
    await folder.refuses(importText(capture.text(), out()), 'two-symbols', /OTHERUSDT, TESTUSDT/);
    const late = start().depth([['99.7', '1']], []);
    for (let i = 0; i < 70_000; i++) late.event('kline', {});
    late.symbol = 'LATEUSDT';
    late.trade('5', '1');
    await folder.refuses(importText(late.text(), out()), 'two-symbols', /c\.txt:70003 .*LATEUSDT, TESTUSDT/);
  });

  it('a symbol that is not there', async () => {
    const capture = start().depth([['99.7', '1']], []);
    await folder.refuses(
      importText(capture.text(), { symbol: 'NONE', ...out() }),
      'no-book',
      /no depth update of NONE/,
    );
  });

  it('files out of order', async () => {
    const one = start().depth([['99.7', '1']], []);
    const two = new CaptureBuilder(one.lastId);
    two.time = one.time;
    two.depth([['99.6', '1']], []);
    const captures = [folder.write('two', two.text()), folder.write('one', one.text())];
    await folder.refuses(
      importCaptures({ captures, ...out() }),
      'out-of-order',
      /one begins at .*before .*two/,
    );
  });

  it('a capture without a snapshot', async () => {
    const capture = new CaptureBuilder().depth([['99.7', '1']], []);
    await folder.refuses(importText(capture.text(), out()), 'no-book', /no snapshot/);
  });

  it('a tick size that does not fit, or is no number', async () => {
    const text = start().text();
    await folder.refuses(
      importText(text, { symbol: 'X', tickSize: 1, ...out() }),
      'off-grid-price',
      /c\.txt:1: price 99\.9/,
    );
    await folder.refuses(
      importText(text, { symbol: 'X', tickSize: Number.NaN, ...out() }),
      'bad-option',
      /tick-size/,
    );
  });

  it('a step size that quantities go below', async () => {
    const text = start()
      .depth([['99.7', '1.25']], [])
      .text();
    await folder.refuses(
      importText(text, { stepSize: 1, ...out() }),
      'off-grid-quantity',
      /step size of 1 .* 0\.01/,
    );
  });

  it('a snapshot file without a snapshot', async () => {
    const snapshot = folder.write('s.txt', '{"code":-1121,"msg":"Invalid symbol."}');
    const capture = new CaptureBuilder().depth([['99.7', '1']], []);
    await folder.refuses(importText(capture.text(), { snapshot, ...out() }), 'bad-snapshot', /lastUpdateId/);
  });
});
