import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Float64, makeVector, Table, TimestampMicrosecond, tableToIPC, vectorFromArray } from 'apache-arrow';
import { InputError } from '../../../base/errors.ts';
import { createLatencyModel } from '../../../env/exchange/create-latency.ts';
import { delaysOf, readLatencyRecording } from '../../../env/exchange/latency-recording.ts';
import { Lane } from '../../../env/lane.ts';
import { Refresh } from '../../../env/quoter.ts';
import { DEFAULT_LANE } from '../../../env/settings.ts';
import { TapeReplay } from '../../../market/replay.ts';
import { memoryTape } from '../../../market/tape/memory.ts';
import { Kind, type Tape } from '../../../market/tape/rows.ts';
import { TapeWriter } from '../../../market/tape/writer.ts';
import { SCRIPT_INSTRUMENT, SCRIPT_START, scriptedQuoter, scriptRows } from '../../support/script-tape.ts';

/** A tape of messages at `at` ms that were `delay` ms on their way. */
function delayedRows(messages: readonly (readonly [at: number, delay: number])[]) {
  const script = messages.map(([at], i) =>
    i === 0
      ? ({ at, snapshot: true, bids: [[100, 8]], asks: [[103, 8]] } as const)
      : ({ at, bids: [[90, 1 + i]] } as const),
  );
  return scriptRows(script).map((row) => {
    const delay = messages.find(([at]) => SCRIPT_START + 1000 * at === row.localTime)?.[1] ?? 0;
    return { ...row, exchangeTime: row.localTime - 1000 * delay };
  });
}

describe('recorded latencies', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-latency-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const model = (path: string, more: object = {}) =>
    createLatencyModel({
      ...DEFAULT_LANE.latency,
      model: 'file',
      entryMs: 0,
      responseMs: 0,
      file: path,
      ...more,
    });

  // Requests at 1 s and 2 s took 10 and 30 ms there, 4 and 8 ms back; that of 3 s was refused, after 50 ms.
  const CSV = [
    'request,exchange,response',
    '1000000,1010000,1014000',
    '2000000,2030000,2038000',
    '3000000,0,3050000',
    '4000000,4020000,4022000',
  ].join('\n');

  it('are told between two requests in proportion, each leg by its own time', () => {
    const latency = model(file('orders.csv', CSV));
    assert.equal(latency.entry(1_000_000), 10_000);
    assert.equal(latency.entry(1_500_000), 20_000);
    assert.equal(latency.response(1_010_000), 4000);
    assert.equal(latency.response(1_520_000), 6000, 'half way between 1.01 and 2.03 s at the exchange');
    // hftbacktest 2.4.4 with this table: sent at 1.9 s, at the exchange at 1.928, known at 1.9356.
    assert.equal(Math.round(latency.entry(1_900_000)), 28_000);
    assert.equal(Math.round(latency.response(1_928_000)), 7600);
  });

  it('refuse what is sent beside a request that was refused, when its sender learnt of it', () => {
    const latency = model(file('refused.csv', CSV), { timeoutMs: 500 });
    assert.equal(latency.entry(3_000_000), -50_000);
    // The request before it was answered after 38 ms: half way 44 ms, as hftbacktest does.
    assert.equal(latency.entry(2_500_000), -44_000);
    assert.equal(latency.entry(3_500_000), -36_000);
    const silent = model(file('silent.csv', CSV.replace('3000000,0,3050000', '3000000,,')), {
      timeoutMs: 500,
    });
    assert.equal(silent.entry(3_000_000), -500_000);
    assert.equal(model(file('negative.csv', CSV.replace('3050000', '-1'))).entry(3_000_000), -1_000_000);
  });

  it('meet a replay beyond their span again, end to end, scaled and with what is added', () => {
    const path = file('loop.csv', CSV);
    assert.equal(model(path).entry(3_000_000 + 1_500_000), 20_000, 'the span is 3 s');
    assert.equal(model(path).entry(-1_500_000), 20_000);
    assert.equal(model(path, { scale: 2, entryMs: 1 }).entry(1_500_000), 41_000);
  });

  it('keep the legs and the refusals of a request together, however often they are met again', () => {
    // Calm in the first half of the minute, slow in the second, whose last request is refused.
    const requests = Array.from({ length: 61 }, (_, i) => 1_000_000 * (i + 1));
    const rows = requests.map((request, i) => {
      const leg = i < 30 ? 1000 : 500_000;
      return i === 60 ? `${request},,` : `${request},${request + leg},${request + 2 * leg}`;
    });
    const latency = model(file('halves.csv', ['request,exchange,response', ...rows].join('\n')));
    for (const minutes of [0, 1, 1440, 525_600]) {
      const later = (seconds: number) => 1_000_000 + 60_000_000 * minutes + 1_000_000 * seconds;
      for (const [second, leg] of [
        [10, 1000],
        [50, 500_000],
      ] as const) {
        const sent = later(second);
        assert.equal(latency.entry(sent), leg, `there, ${minutes} minutes later`);
        assert.equal(latency.response(sent + leg), leg, `back, ${minutes} minutes later`);
      }
      assert.ok(latency.entry(later(59.5)) < 0, `refused, ${minutes} minutes later`);
    }
  });

  it('are read from CSV with ISO times or hftbacktest’s names, gzip, and Arrow alike', () => {
    const iso = [
      '"req_ts","resp_ts","exch_ts"',
      '1970-01-01T00:00:01Z,1970-01-01T00:00:01.014Z,1970-01-01T00:00:01.010Z',
      '1970-01-01T00:00:02Z,1970-01-01T00:00:02.038Z,1970-01-01T00:00:02.030Z',
    ].join('\r\n');
    const micro = (values: readonly (number | null)[]) =>
      vectorFromArray(
        values.map((value) => (value === null ? null : value / 1000)),
        new TimestampMicrosecond(),
      );
    const arrow = tableToIPC(
      new Table({
        exchange: micro([1_010_000, 2_030_000, null]),
        request: micro([1_000_000, 2_000_000, 3_000_000]),
        response: micro([1_014_000, 2_038_000, 3_050_000]),
      }),
      'file',
    );
    const numbers = tableToIPC(
      new Table({
        request: makeVector({ type: new Float64(), data: Float64Array.of(1e6, 2e6) }),
        exchange: makeVector({ type: new Float64(), data: Float64Array.of(1.01e6, 2.03e6) }),
        response: makeVector({ type: new Float64(), data: Float64Array.of(1.014e6, 2.038e6) }),
      }),
      'file',
    );
    for (const path of [
      file('iso.csv', iso),
      file('iso.csv.gz', gzipSync(iso)),
      file('orders.arrow', arrow),
      file('numbers.arrow', numbers),
    ]) {
      assert.equal(model(path).entry(1_500_000), 20_000, path);
      assert.equal(model(path).response(1_520_000), 6000, path);
    }
    assert.equal(model(file('orders.arrow', arrow)).entry(3_000_000), -50_000);
  });

  it('are refused where a row cannot be, which is named', () => {
    const refuse = (name: string, content: string, message: RegExp) =>
      assert.throws(
        () => model(file(name, content)),
        (error) => error instanceof InputError && error.field === 'latency' && message.test(error.message),
        name,
      );
    refuse('early.csv', 'request,exchange,response\n5,4,6', /row 1: it reached the exchange before/);
    refuse('late.csv', 'request,exchange,response\n5,6,7\n9,10,8', /row 2: its response/);
    refuse('order.csv', 'request,exchange,response\n9,9,9\n5,6,7', /row 2: its request was sent before/);
    refuse('text.csv', 'request,exchange,response\n5,six,7', /row 1: exchange is "six"/);
    refuse('empty.csv', 'request,exchange,response\n', /no request/);
    refuse('nobody.csv', 'request,exchange,response\n5,,\n6,,', /every request was refused/);
    refuse('ns.csv', 'req_ts,exch_ts,resp_ts\n1721347021000000000,1721347021004000000,0', /row 1: a time/);
    refuse('cut.arrow', 'ARROW1\0\0cut', /cannot be read as one/);
    refuse('columns.csv', 'request,exchanges,response\n5,6,7', /no column exchange/);
    assert.throws(() => model(join(folder, 'none.csv')), { code: 'file-not-found' });
    assert.throws(() => model(folder), { code: 'bad-latency-file', value: folder });
    assert.throws(
      () => model(file('line.txt', `{"a":${'1'.repeat(1000)}}`)),
      (error) => error instanceof InputError && String(error.value).length <= 200,
    );
  });

  it('of a tape are what its messages took; a clock that was behind counts as no time', () => {
    const rows = delayedRows([
      [0, 5],
      [100, 15],
      [200, -3],
    ]);
    const { time, value } = delaysOf(memoryTape(SCRIPT_INSTRUMENT, rows));
    assert.deepEqual(
      [...time].map((each) => (each - SCRIPT_START) / 1000),
      [0, 100, 200],
    );
    assert.deepEqual([...value], [5000, 15_000, 0]);
  });

  it('of a very long tape are thinned out, and read in bounded memory', () => {
    const messages = 3 * (1 << 18);
    const length = 1 << 12;
    const tape: Tape = {
      info: memoryTape(SCRIPT_INSTRUMENT, delayedRows([[0, 1]])).info,
      batches: messages / length,
      batchStart: () => 0,
      readBatch: (index) => {
        const localTime = new Uint32Array(2 * length);
        const exchangeTime = new Uint32Array(2 * length);
        for (let i = 0; i < length; i++) {
          localTime[2 * i] = 100 * (index * length + i) + 7;
          exchangeTime[2 * i] = localTime[2 * i] - 7;
        }
        return {
          length,
          localTime,
          exchangeTime,
          kind: new Uint8Array(length).fill(Kind.bid),
          price: new Int32Array(length),
          quantity: new Float64Array(length),
          flags: new Uint8Array(length).fill(1),
        };
      },
      close: () => undefined,
    };
    const { time, value } = delaysOf(tape);
    assert.ok(time.length > 1 << 16 && time.length <= 1 << 18, `${time.length}`);
    assert.ok(time[time.length - 1] > 0.99 * 100 * messages);
    assert.ok(value.every((delay) => delay === 7));
  });

  it('of a tape’s file are used on every leg', () => {
    const path = join(folder, 'delays.arrow');
    const writer = new TapeWriter(path, { instrument: SCRIPT_INSTRUMENT, source: ['script'] });
    for (const row of delayedRows([
      [0, 5],
      [100, 15],
    ])) {
      writer.push(row.exchangeTime, row.localTime, row.kind, row.price, row.quantity, row.flags, -1);
    }
    writer.finish();
    assert.equal(readLatencyRecording(path, 1000).refusal, null);
    const latency = model(path, { model: 'tape' });
    for (const leg of [latency.entry, latency.response, latency.feed]) {
      assert.equal(leg?.call(latency, SCRIPT_START + 50_000), 10_000);
    }
  });

  it('of the tape that is replayed are those of the latest message at the lane’s own decision', () => {
    const rows = delayedRows([
      [0, 5],
      [90, 15],
      [190, 40],
      [900, 0],
    ]);
    const replay = new TapeReplay([memoryTape(SCRIPT_INSTRUMENT, rows)]);
    const trips: number[] = [];
    const lane = new Lane({
      instrument: SCRIPT_INSTRUMENT,
      settings: { ...DEFAULT_LANE, latency: { model: 'tape', entryMs: 0, responseMs: 0, scale: 2 } },
      lot: 1,
      seed: 0,
      listeners: [{ onAcknowledge: (milliseconds) => trips.push(milliseconds) }],
    });
    lane.attach(replay.market);
    const quoter = scriptedQuoter(() => ({ bid: 99, bidQuantity: 1, refreshBid: Refresh.replace }));
    for (const at of [50, 100]) {
      replay.advanceTo(SCRIPT_START + 1000 * at);
      lane.decide(quoter);
    }
    // Sent at 50 + 10, there at 70; the cancel and the new order leave at 130 and are there at 160.
    replay.advanceTo(SCRIPT_START + 159_000);
    assert.equal(lane.openOrders(0)[0].id, 1);
    replay.advanceTo(SCRIPT_START + 160_000);
    assert.equal(lane.openOrders(0)[0].id, 2);
    replay.advanceTo(SCRIPT_START + 800_000);
    assert.deepEqual(trips, [20, 60, 60]);
  });
});
