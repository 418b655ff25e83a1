/**
 * Speed of `import` beside hftbacktest's converter, on the same compressed captures: `npm run bench -- import`.
 *
 * Both read gzip and take in all messages; ours also checks update ids, carries the book into each batch, compares it
 * with bookTicker and writes the tape to disk, theirs leaves its rows in memory. Rate = level changes and trades of the
 * tape ÷ time, so that the ratio is that of the times. Each side has a process of its own, and they take turns. The first
 * import of a process, which is all that a command makes, is told apart from later ones: Node compiles in it, and numba in
 * theirs. Later ones inflate, sum up and write in a thread that is there already.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { openTape } from '../market/tape/reader.ts';
import { type Bench, median } from './bench.ts';
import { isMarketRow } from './hft-events.ts';
import { missingPackage, PeerProcess } from './peer-process.ts';
import { capturesOf, scratchFolder } from './recordings.ts';

const ROUNDS = 15;
const FIRST_ROUNDS = 5;
/** Imports of a process that are compiled for still. */
const WARM_UP = 5;

interface Conversion {
  readonly seconds: number;
}

/** Our side, as bench/peers has the others'. */
function ours(out: string, captures: readonly string[]): PeerProcess {
  return new PeerProcess(process.execPath, '../import-turns.mjs', [out, ...captures]);
}

async function onceEach(side: PeerProcess): Promise<number> {
  const { seconds } = await side.ask<Conversion>('');
  await side.close();
  return seconds;
}

/** Seconds that zlib alone takes. */
function zlibTime(captures: readonly string[]): number {
  const start = performance.now();
  for (const path of captures) gunzipSync(readFileSync(path));
  return (performance.now() - start) / 1000;
}

function marketRows(path: string): number {
  const tape = openTape(path);
  let rows = 0;
  for (let index = 0; index < tape.batches; index++) {
    const { length, kind, flags } = tape.readBatch(index);
    for (let row = 0; row < length; row++) if (isMarketRow(kind[row], flags[row])) rows++;
  }
  tape.close();
  return rows;
}

export const importing: Bench = {
  name: 'import',
  describe: "captures to a tape, beside hftbacktest's converter",
  async *run({ data, log, python, quick }) {
    if (data === undefined) {
      log('import: no recordings; set MAKERGYM_DATA');
      return;
    }
    const missing = missingPackage(python, 'hftbacktest');
    for (const recording of ['usdm-btcusdt', 'spot-nexousdt'] as const) {
      const captures = capturesOf(data, recording);
      const out = join(scratchFolder(), 'imported.arrow');
      const rounds = quick ? 2 : ROUNDS;
      const first = { ours: [] as number[], theirs: [] as number[] };
      const warm = { ours: [] as number[], theirs: [] as number[] };
      // Members of a gzip file may follow one another: theirs takes one file.
      const whole = join(scratchFolder(), `${recording}.gz`);
      writeFileSync(whole, Buffer.concat(captures.map((path) => readFileSync(path))));
      const compares = missing === undefined && recording === 'usdm-btcusdt';
      for (let round = 0; round < (quick ? 1 : FIRST_ROUNDS); round++) {
        first.ours.push(await onceEach(ours(out, captures)));
        if (compares) first.theirs.push(await onceEach(new PeerProcess(python, 'hft_convert.py', [whole])));
      }
      const us = ours(out, captures);
      const peer = compares ? new PeerProcess(python, 'hft_convert.py', [whole]) : undefined;
      for (let round = 0; round < WARM_UP + rounds; round++) {
        const mine = await us.ask<Conversion>('');
        const its = await peer?.ask<Conversion>('');
        if (round < WARM_UP) continue;
        warm.ours.push(mine.seconds);
        if (its !== undefined) warm.theirs.push(its.seconds);
      }
      await us.close();
      await peer?.close();
      const zlib = Array.from({ length: rounds }, () => zlibTime(captures));
      const rows = marketRows(out);
      const ms = (seconds: readonly number[]) => `${(1000 * median(seconds)).toFixed(0)} ms`;
      for (const [what, { ours, theirs }, note] of [
        [`import of ${recording}`, warm, `${ms(warm.ours)}, of which ${ms(zlib)} are zlib's`],
        [`first import of a process, ${recording}`, first, ms(first.ours)],
      ] as const) {
        const figure = { what, ours: rows / median(ours), unit: 'rows/s', note: `${rows} rows in ${note}` };
        if (recording !== 'usdm-btcusdt') yield figure;
        else {
          const their = theirs.length === 0 ? null : rows / median(theirs);
          yield { ...figure, peer: "hftbacktest's converter", theirs: their, missing, goal: 8 };
        }
      }
    }
  },
};
