import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { LocalExchange } from '../../live/exchange/local-exchange.ts';
import { newCounters } from '../../live/feed/events.ts';
import { LiveFeed } from '../../live/feed/live-feed.ts';
import { SymbolFeed } from '../../live/feed/symbol-feed.ts';
import { recordStreams } from '../../live/record.ts';
import type { WriteAt } from '../../live/recorder/gzip-log.ts';
import { LineBlock } from '../../live/recorder/line-block.ts';
import { Recorder, type RecorderOptions } from '../../live/recorder/recorder.ts';
import { Decoder } from '../../market/binance/decoder.ts';
import { Message } from '../../market/binance/message.ts';
import { importCaptures } from '../../market/import.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';
import { AcceleratedClock, ManualClock } from '../support/accelerated-clock.ts';
import { TestFolder } from '../support/capture.ts';
import { heapInUse } from '../support/collect-garbage.ts';

const HOUR = 3600_000_000;
const START = Date.UTC(2026, 0, 1, 22, 59, 50) * 1000;
const SYMBOL = 'SIMUSDT';

describe('recorder', () => {
  let folder: TestFolder;
  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());

  function recorderIn(name: string, options: Partial<RecorderOptions> = {}): Recorder {
    return new Recorder({
      folder: folder.at(name),
      venue: 'binance-spot',
      symbols: [SYMBOL],
      clock: new ManualClock(START),
      ...options,
    });
  }

  const frame = (localTime: number, text: string, url = '') => ({
    symbol: SYMBOL,
    bytes: Buffer.from(text),
    localTime,
    url,
  });

  const linesOf = (path: string): string[] => gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');

  it('a message is a line, whatever it holds, in a block that grows as it must', () => {
    const block = new LineBlock();
    const long = 'x'.repeat(200_000);
    block.write(5, Buffer.from('{"a":1}'));
    block.write(6, Buffer.from('{"b"\r\n:2}'));
    block.write(7, Buffer.from(long), 'https://h/depth?symbol=Ü');
    const text = block.take().toString();
    assert.equal(text, `5 {"a":1}\n6 {"b"  :2}\nhttps://h/depth?symbol=Ü -> 7: ${long}\n`);
    assert.equal(block.length, 0);
    block.append(Buffer.from(text));
    assert.equal(block.take().toString(), text);
  });

  it('a file for each UTC hour, each with what it takes to be read alone; nothing is lost at the turn', async () => {
    let rotations = 0;
    const recorder = recorderIn('rotated', { onRotate: () => rotations++ });
    recorder.write(frame(START, '{"symbols":[]}', 'https://h/api/v3/exchangeInfo?symbol=SIMUSDT'));
    const texts: string[] = [];
    for (let i = 0; i < 300; i++) {
      const text = `{"n":${i}}`;
      texts.push(text);
      // Every minute, for five hours.
      recorder.write(frame(START + i * 60_000_000, text));
    }
    await recorder.close();
    assert.deepEqual(
      recorder.files.map((path) => basename(path)),
      [
        'binance-spot-SIMUSDT-20260101T225950Z.gz',
        'binance-spot-SIMUSDT-20260101T230000Z.gz',
        'binance-spot-SIMUSDT-20260102T000000Z.gz',
        'binance-spot-SIMUSDT-20260102T010000Z.gz',
        'binance-spot-SIMUSDT-20260102T020000Z.gz',
        'binance-spot-SIMUSDT-20260102T030000Z.gz',
      ],
    );
    assert.equal(rotations, 5);
    const got: string[] = [];
    for (const path of recorder.files) {
      const lines = linesOf(path);
      assert.match(lines[0], /exchangeInfo/, 'the instrument at the head');
      for (const line of lines) {
        const time = Number(/^\d+/.exec(line)?.[0] ?? Number.NaN);
        if (!line.includes('"n"')) continue;
        got.push(line.slice(line.indexOf('{')));
        const hour = new Date(time / 1000).toISOString().slice(0, 13).replaceAll('-', '');
        assert.ok(path === recorder.files[0] || path.includes(hour), `${line} in ${path}`);
      }
    }
    assert.deepEqual(got, texts);
  });

  it('a disk that is too slow holds the exchange back, and all is written in the end', async () => {
    const pressure: boolean[] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const slow: WriteAt = async (descriptor, bytes, at) => {
      await gate;
      return writeSync(descriptor, bytes, 0, bytes.length, at);
    };
    const recorder = recorderIn('slow', { writeAt: slow, onPressure: (pressed) => pressure.push(pressed) });
    const text = 'y'.repeat(1 << 20);
    for (let i = 0; i < 70; i++) recorder.write(frame(START + i, text));
    assert.deepEqual(pressure, [true]);
    open();
    await recorder.close();
    assert.deepEqual(pressure, [true, false]);
    assert.equal(linesOf(recorder.files[0]).length, 70);
  });

  it('a disk that fills up while recording over sockets ends it; what was written is whole', async () => {
    const capture = folder.at('simulated.gz');
    await simulateCapture({ market: 'queue-reactive', seed: 13, durationSeconds: 120, out: capture });
    const exchange = await LocalExchange.start({ captures: [capture], port: 0, speed: 40 });
    let room = 60_000;
    const filling: WriteAt = async (descriptor, bytes, at) => {
      if (room === 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      const count = Math.min(room, bytes.length);
      room -= count;
      return writeSync(descriptor, bytes, 0, count, at);
    };
    let files: readonly string[] = [];
    try {
      await assert.rejects(
        recordStreams({
          venue: 'binance-spot',
          symbols: [SYMBOL],
          out: folder.at('full'),
          ws: exchange.url,
          rest: exchange.rest,
          trades: 'trade',
          syncSeconds: 1,
          signal: new AbortController().signal,
          clock: new AcceleratedClock(20),
          writeAt: filling,
        }),
        (error: Error & { code?: string; value?: string }) => {
          assert.equal(error.code, 'disk-full');
          assert.match(error.message, /What was written before is kept/);
          files = [String(error.value)];
          return true;
        },
      );
    } finally {
      await exchange.close();
    }
    const summary = await importCaptures({ captures: files, out: folder.at('full.arrow') });
    assert.ok(summary.rows > 0 && summary.bookTicker.checked > 0);
    assert.deepEqual([summary.gaps.length, summary.bookTicker.mismatches, summary.crossed], [0, 0, 0]);
  });

  it('an address that cannot be used leaves neither timers nor a folder', async () => {
    const clock = new ManualClock();
    const out = folder.at('never');
    const options = { venue: 'binance-spot', symbols: [SYMBOL], out, clock } as const;
    const signal = new AbortController().signal;
    await assert.rejects(recordStreams({ ...options, signal, ws: 'nonsense' }), { code: 'bad-address' });
    assert.equal(clock.timers, 0);
    assert.ok(!existsSync(out));
  });

  it('a disk without room for what is learnt of the symbol opens no socket', async () => {
    const capture = folder.at('learnt.gz');
    await simulateCapture({ market: 'queue-reactive', seed: 13, durationSeconds: 5, out: capture });
    const exchange = await LocalExchange.start({ captures: [capture], port: 0 });
    const feed = new LiveFeed({
      venue: 'binance-spot',
      symbols: [SYMBOL],
      ws: exchange.url,
      rest: exchange.rest,
      clock: new ManualClock(),
      // As the recording does that cannot be written.
      onFrame: () => feed.stop(),
      sink: () => assert.fail('nothing is to be decided any more'),
    });
    try {
      await feed.start();
      assert.deepEqual(feed.instruments, []);
      // A socket that was opened would be there once another is.
      const other = new WebSocket(`${exchange.url}/stream?streams=simusdt@trade`);
      await new Promise((resolve) => other.once('open', resolve));
      other.terminate();
      assert.equal(exchange.clients, 1);
    } finally {
      feed.stop();
      await exchange.close();
    }
  });

  it('two days of recording take no more memory than the first hours', async function () {
    this.timeout(180_000);
    const clock = new ManualClock(START);
    const recorder = recorderIn('days', { clock });
    const perHour = 3000;
    const record = async (from: number, hours: number): Promise<void> => {
      for (let hour = from; hour < from + hours; hour++) {
        for (let i = 0; i < perHour; i++) {
          const time = START + hour * HOUR + Math.floor((i * HOUR) / perHour);
          recorder.write(frame(time, `{"stream":"simusdt@trade","data":{"hour":${hour},"i":${i}}}`));
          if (i % 500 === 0) clock.advance(5000);
        }
        // The disk gets its turn.
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    await record(0, 6);
    const before = heapInUse();
    await record(6, 42);
    const grown = heapInUse() - before;
    await recorder.close();
    assert.equal(recorder.files.length, 49);
    assert.equal(recorder.messages, 48 * perHour);
    assert.ok(grown < 1e6, `${grown} bytes more after two days`);
  });

  it('a book kept for days, with a gap now and then, takes no more memory than at first', () => {
    const decoder = new Decoder();
    const message = new Message();
    const feed = new SymbolFeed({
      instrument: {
        venue: 'binance-spot',
        symbol: SYMBOL,
        tickSize: 0.01,
        stepSize: 0.01,
        minNotional: 0,
      },
      trades: 'trade',
      counters: newCounters(),
      emit: () => undefined,
      needSnapshot: () => undefined,
    });
    let id = 1;
    const take = (text: string, url = ''): void => {
      const bytes = Buffer.from(text);
      assert.equal(decoder.decode(bytes, 0, bytes.length, message), 'message');
      feed.onMessage(message, START + id * 100_000, url);
    };
    const level = (price: number): string => `["${price.toFixed(2)}","1.00"]`;
    const live = (updates: number): void => {
      for (let i = 0; i < updates; i++) {
        const mid = 100 + 10 * Math.sin(id / 5000);
        // Every twentieth update is missing: a gap, and a snapshot.
        if (i % 20 === 0) {
          id += 2;
          const sides = `"bids":[${level(mid - 1)}],"asks":[${level(mid + 1)}]`;
          take(`{"lastUpdateId":${id},${sides}}`, `https://h/depth?symbol=${SYMBOL}&limit=5000`);
        }
        id++;
        take(
          `{"e":"depthUpdate","E":${1.7e12 + id},"s":"${SYMBOL}","U":${id},"u":${id},` +
            `"b":[${level(mid - 0.5)}],"a":[${level(mid + 0.5)}]}`,
        );
        take(
          `{"e":"trade","E":${1.7e12 + id},"s":"${SYMBOL}","t":${id},"p":"${mid.toFixed(2)}","q":"1.00","m":true}`,
        );
      }
    };
    live(3000);
    const before = heapInUse();
    live(12_000);
    const grown = heapInUse() - before;
    assert.ok(feed.synchronised);
    assert.ok(grown < 2e5, `${grown} bytes more`);
  });
});
