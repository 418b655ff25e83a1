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
