/**
 * Speed of `import` beside hftbacktest's converter, on the same compressed captures: `npm run bench -- import`.
 *
 * Both read gzip and take in all messages; ours also checks update ids, carries the book into each batch, compares it
 * with bookTicker and writes the tape to disk, theirs leaves its rows in memory. Rate = level changes and trades of the
 * tape ÷ time, so that the ratio is that of the times.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { importCaptures } from '../market/import.ts';
import { openTape } from '../market/tape/reader.ts';
import { type Bench, median } from './bench.ts';
import { isMarketRow } from './hft-events.ts';
import { missingPackage, PeerProcess } from './peer-process.ts';
import { capturesOf, scratchFolder } from './recordings.ts';

const ROUNDS = 7;

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
      // Members of a gzip file may follow one another: theirs takes one file.
      const whole = join(scratchFolder(), `${recording}.gz`);
      writeFileSync(whole, Buffer.concat(captures.map((path) => readFileSync(path))));
      const compares = missing === undefined && recording === 'usdm-btcusdt';
      const peer = compares ? new PeerProcess(python, 'hft_convert.py', [whole]) : undefined;
      const ours: number[] = [];
      const theirs: number[] = [];
      const inflating: number[] = [];
      const rounds = quick ? 2 : ROUNDS;
      for (let round = 0; round <= rounds; round++) {
        let start = performance.now();
        await importCaptures({ captures, out });
        const seconds = (performance.now() - start) / 1000;
        start = performance.now();
        for (const path of captures) gunzipSync(readFileSync(path));
        const inflate = (performance.now() - start) / 1000;
        const answer = round > 0 ? await peer?.ask<{ seconds: number }>('') : undefined;
        if (round === 0) continue;
        ours.push(seconds);
        inflating.push(inflate);
        if (answer !== undefined) theirs.push(answer.seconds);
      }
      peer?.close();
      const rows = marketRows(out);
      const figure = {
        what: `import of ${recording}`,
        ours: rows / median(ours),
        unit: 'rows/s',
        note: `${rows} rows in ${(1000 * median(ours)).toFixed(0)} ms, of which ${(1000 * median(inflating)).toFixed(0)} ms of zlib`,
      };
      if (recording !== 'usdm-btcusdt') yield figure;
      else {
        const their = theirs.length === 0 ? null : rows / median(theirs);
        yield { ...figure, peer: "hftbacktest's converter", theirs: their, missing, goal: 8 };
      }
    }
  },
};
