/**
 * Speed of `import` beside hftbacktest's converter, on the same compressed captures: `npm run bench -- import`.
 *
 * Both read gzip and take in all messages; ours also checks update ids, carries the book into each batch, compares it
 * with bookTicker and writes the tape to disk, theirs leaves its rows in memory. Rate = level changes and trades of the
 * tape ÷ time, so that the ratio is that of the times. The first import of a process, which is all that a command makes,
 * is told apart from later ones: Node compiles in it, and numba in theirs.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { importCaptures } from '../market/import.ts';
import { openTape } from '../market/tape/reader.ts';
import { type Bench, median } from './bench.ts';
import { isMarketRow } from './hft-events.ts';
import { missingPackage, PeerProcess } from './peer-process.ts';
import { capturesOf, scratchFolder } from './recordings.ts';

const ROUNDS = 7;
const FIRST_ROUNDS = 3;

interface Conversion {
  readonly seconds: number;
}

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Seconds of an import in a process of its own, its start and the loading of modules left out. */
function firstImport(out: string, captures: readonly string[]): number {
  const script = fileURLToPath(new URL('import-once.ts', import.meta.url));
  const run = spawnSync(process.execPath, ['--import', 'tsx', script, out, ...captures], {
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`import-once.ts failed: ${run.stderr}`);
  return Number(run.stdout);
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
      const warm = { ours: [] as number[], theirs: [] as number[], zlib: [] as number[] };
      // Members of a gzip file may follow one another: theirs takes one file.
      const whole = join(scratchFolder(), `${recording}.gz`);
      writeFileSync(whole, Buffer.concat(captures.map((path) => readFileSync(path))));
      const compares = missing === undefined && recording === 'usdm-btcusdt';
      for (let round = 0; round < (quick ? 1 : FIRST_ROUNDS); round++) {
        first.ours.push(firstImport(out, captures));
        if (!compares) continue;
        const peer = new PeerProcess(python, 'hft_convert.py', [whole]);
        first.theirs.push((await peer.ask<Conversion>('')).seconds);
        peer.close();
      }
      const peer = compares ? new PeerProcess(python, 'hft_convert.py', [whole]) : undefined;
      for (let round = 0; round <= rounds; round++) {
        const seconds = await timed(() => importCaptures({ captures, out }));
        const zlib = await timed(() => captures.map((path) => gunzipSync(readFileSync(path))));
        const answer = await peer?.ask<Conversion>('');
        if (round === 0) continue;
        warm.ours.push(seconds);
        warm.zlib.push(zlib);
        if (answer !== undefined) warm.theirs.push(answer.seconds);
      }
      peer?.close();
      const rows = marketRows(out);
      const ms = (seconds: readonly number[]) => `${(1000 * median(seconds)).toFixed(0)} ms`;
      for (const [what, { ours, theirs }, note] of [
        [`import of ${recording}`, warm, `${ms(warm.ours)}, of which ${ms(warm.zlib)} are zlib's`],
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
