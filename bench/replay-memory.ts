/**
 * Memory of a replay against the length of its tape: `npm run bench -- replay-memory`. A recording's rows are written over and
 * over, each time later, into tapes of 1 and 32 times its length; a process of its own replays each with a lane, once to
 * settle and once measured, and tells its resident memory at the end.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openTape } from '../market/tape/reader.ts';
import { Flag, timeAt } from '../market/tape/rows.ts';
import { TapeWriter } from '../market/tape/writer.ts';
import type { Bench } from './bench.ts';
import { scratchFolder, tapeOf } from './recordings.ts';

const TIMES = 32;

/** Writes the rows of a tape so many times, one after the other. Each repeats the snapshot that it begins with. */
function repeat(path: string, times: number): string {
  const out = join(scratchFolder(), `times-${times}.arrow`);
  const tape = openTape(path);
  const { instrument, start, end } = tape.info;
  const writer = new TapeWriter(out, { instrument, source: [`${times} times over`] });
  for (let repeated = 0; repeated < times; repeated++) {
    const later = repeated * (end - start + 100_000);
    for (let index = 0; index < tape.batches; index++) {
      const { length, exchangeTime, localTime, kind, price, quantity, flags } = tape.readBatch(index);
      for (let row = 0; row < length; row++) {
        if ((flags[row] & Flag.carried) !== 0) continue;
        const [at, received] = [timeAt(exchangeTime, row) + later, timeAt(localTime, row) + later];
        writer.push(at, received, kind[row], price[row], quantity[row], flags[row], -1);
      }
    }
  }
  writer.finish();
  tape.close();
  return out;
}

interface Measured {
  readonly rows: number;
  readonly megabytes: number;
}

function measure(path: string): Measured {
  const script = fileURLToPath(new URL('replay-memory-once.ts', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, path], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`replay-memory-once.ts failed: ${stderr}`);
  return JSON.parse(stdout) as Measured;
}

export const replayMemory: Bench = {
  name: 'replay-memory',
  describe: 'resident memory of a replay against the length of its tape',
  async *run({ data, log, quick }) {
    if (data === undefined) {
      log('replay-memory: no recordings; set MAKERGYM_DATA');
      return;
    }
    const path = await tapeOf(data, 'usdm-btcusdt');
    for (const times of [1, quick ? 4 : TIMES]) {
      const { rows, megabytes } = measure(repeat(path, times));
      yield {
        what: `a replay of ${times} × usdm-btcusdt: resident memory`,
        ours: megabytes,
        unit: 'MB',
        note: `${rows} rows; Node and the program itself are most of it`,
      };
    }
  },
};
