import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { MICROSECONDS } from '../../base/time.ts';
import { chooseData, openReplay, provenance } from '../../cli/training/data.ts';
import { DEFAULT_MARKET_MAKING } from '../../env/settings.ts';
import { Flag, Kind } from '../../market/tape/rows.ts';
import { TapeWriter } from '../../market/tape/writer.ts';

const DAY = 1_721_779_200 * MICROSECONDS;

describe('what is trained on and what is judged on', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A tape of a quiet market from second `from` to second `to` of a day. */
  function tape(name: string, from: number, to: number, symbol = 'BTCUSDT', price = 100): string {
    const path = join(folder, name);
    const instrument = { venue: 'binance-spot', symbol, tickSize: 0.01, stepSize: 1e-5 } as const;
    const writer = new TapeWriter(path, { instrument, source: [name] });
    for (let second = from; second <= to; second += 10) {
      const time = DAY + second * MICROSECONDS;
      if (second === from) writer.push(time, time, Kind.reset, 0, 0, Flag.allBids | Flag.allAsks, 1);
      writer.push(time, time, Kind.bid, price, 1 + (second % 3), 0, second + 2);
      writer.push(time, time, Kind.ask, price + 2, 1, Flag.messageEnd, second + 2);
    }
    writer.finish();
    return path;
  }

  const choose = (tapes: string[], evaluationTapes: string[] = [], more = {}) =>
    chooseData({
      run: join(folder, 'run'),
      tapes,
      evaluationTapes,
      evaluationSeconds: 100,
      marketMaking: { ...DEFAULT_MARKET_MAKING, warmupSeconds: 30 },
      ...more,
    });
  const seconds = ({ start, end }: { start: number; end: number }) => [
    (start - DAY) / MICROSECONDS,
    (end - DAY) / MICROSECONDS,
  ];

  it('a policy of a simulated market has seen the recording that the market was fitted to', () => {
    const fittedTo = { source: ['day.gz'], checksum: 'abc', start: DAY, end: DAY + 60 * MICROSECONDS };
    const data = { ...choose([tape('simulated.arrow', 100_000, 101_000)]), fittedTo };
    const { tapes } = provenance(join(folder, 'run'), data);
    assert.deepEqual(tapes.at(-1), { ...fittedTo, source: 'day.gz' });
    assert.equal(tapes.length, 3);
  });

  it('keeps the last fifth apart, also when told to evaluate on the training tape itself', () => {
    const day = tape('a.arrow', 0, 1000);
    for (const data of [choose([day]), choose([day], [day])]) {
      assert.deepEqual(
        [seconds(data.training), seconds(data.selection)],
        [
          [0, 800],
          [800, 900],
        ],
      );
      assert.equal(data.heldOut, true);
    }
    const limited = choose([day], [], { start: DAY + 100 * MICROSECONDS, end: DAY + 600 * MICROSECONDS });
    assert.deepEqual(
      [seconds(limited.training), seconds(limited.selection)],
      [
        [100, 500],
        [500, 600],
      ],
    );
  });

  it('refuses an evaluation tape that its warm-up takes whole', () => {
    const [day, short] = [tape('a.arrow', 0, 1000), tape('b.arrow', 2000, 2030)];
    assert.throws(
      () => choose([day], [short]),
      (error: InputError) => error.code === 'tape-too-short' && error.field === 'eval-tape',
    );
    assert.deepEqual(seconds(choose([day], [tape('c.arrow', 2000, 2040)]).selection), [2030, 2040]);
  });

  it('takes an evaluation tape after its warm-up, unless it overlaps training or is of something else', () => {
    const [first, second] = [tape('a.arrow', 0, 1000), tape('b.arrow', 2000, 3000)];
    const data = choose([first], [second]);
    assert.deepEqual(
      [seconds(data.training), seconds(data.selection)],
      [
        [0, 1000],
        [2030, 2130],
      ],
    );
    const spans = provenance(join(folder, 'run'), data).tapes;
    assert.deepEqual(spans.map(seconds), [
      [0, 1000],
      [2030, 2130],
    ]);
    const refused = (evaluation: string, code: string) =>
      assert.throws(
        () => choose([first], [evaluation]),
        (error: InputError) => error instanceof InputError && error.code === code,
      );
    refused(tape('c.arrow', 900, 1900), 'overlap');
    refused(tape('d.arrow', 2000, 3000, 'ETHUSDT'), 'other-instrument');
  });

  it('judges where most trades are', () => {
    const path = join(folder, 'busy.arrow');
    const instrument = { venue: 'binance-spot', symbol: 'BTCUSDT', tickSize: 0.01, stepSize: 1e-5 } as const;
    const writer = new TapeWriter(path, { instrument, source: ['busy'] });
    const push = (second: number, kind: Kind, price: number, flags: number) =>
      writer.push(DAY + second * MICROSECONDS, DAY + second * MICROSECONDS, kind, price, 1, flags, -1);
    push(0, Kind.reset, 0, Flag.allBids | Flag.allAsks);
    push(0, Kind.bid, 100, 0);
    push(0, Kind.ask, 102, Flag.messageEnd);
    // The last fifth begins at 8000 s; 5 trades follow soon, 9 lie from 9000 s on, many before it.
    for (let i = 0; i < 50; i++) push(7000 + i, Kind.buy, 102, Flag.messageEnd);
    for (let i = 0; i < 5; i++) push(8100 + i, Kind.sell, 100, Flag.messageEnd);
    for (let i = 0; i < 9; i++) push(9000 + 10 * i, Kind.buy, 102, Flag.messageEnd);
    push(10_000, Kind.bid, 100, Flag.messageEnd);
    writer.finish();
    // Of the grid of minutes from 8000 s on, 8960 s to 9080 s has eight trades and no other two minutes have more.
    assert.deepEqual(seconds(choose([path], [], { evaluationSeconds: 120 }).selection), [8960, 9080]);
    // Nor must a stretch be of whole minutes: three trades from 9020 s on, and seven.
    assert.deepEqual(seconds(choose([path], [], { evaluationSeconds: 30 }).selection), [9020, 9050]);
    assert.deepEqual(seconds(choose([path], [], { evaluationSeconds: 90 }).selection), [9020, 9110]);
  });

  it('notices when a tape is no longer the one a run began with', () => {
    const day = tape('a.arrow', 0, 1000);
    const data = choose([day]);
    openReplay(join(folder, 'run'), data.training, 30).close();
    tape('a.arrow', 0, 1000, 'BTCUSDT', 101);
    assert.throws(
      () => openReplay(join(folder, 'run'), data.training, 30),
      /not the tape this run began with/,
    );
  });
});
