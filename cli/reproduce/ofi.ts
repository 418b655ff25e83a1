import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { importCaptures } from '../../market/import.ts';
import { type Inspection, inspectReplay } from '../../market/inspection.ts';
import { TapeReplay } from '../../market/replay.ts';
import { openTape } from '../../market/tape/reader.ts';
import type { ReproducedRow, ReproduceOptions, Reproduction } from './row.ts';

/** R² above this, and a positive slope, is what other hours of the same instruments must show too. */
const GATE = 0.25;

/** R² at 1, 5 and 10 s of other recordings of the instruments. */
const TABLE = [
  ['USD-M BTCUSDT', 'usdm-btcusdt', ['20240718.gz', '20240719.gz'], [0.38, 0.46, 0.52]],
  ['spot BTCUSDT', 'spot-btcusdt', ['20240808.gz', '20240809.gz'], [0.33, 0.46, 0.39]],
] as const;

export const ofi: Reproduction = {
  describe: `Order flow (Cont, Kukanov and Stoikov): R² of Δmid on Σe_n, above ${GATE} with a positive slope`,
  async run(options) {
    const folder = recordings(options.data);
    const rows: ReproducedRow[] = [];
    const progress = options.context.progress('Reading recordings', TABLE.length, 'instruments');
    for (const [index, [name, pair, files, published]] of TABLE.entries()) {
      const captures = files.map((file) => join(folder, pair, file));
      const { ofiRegression } = await inspect(captures, options);
      for (const [i, { horizonSeconds, slope, r2, n }] of ofiRegression.entries()) {
        if (r2 === null) throw tooShort(captures, horizonSeconds, n);
        rows.push({
          case: name,
          quantity: `R² at ${horizonSeconds} s`,
          published: published[i],
          measured: r2,
          // Of a squared correlation of normal variables, to first order in 1/n.
          standardError: Math.sqrt((4 * r2 * (1 - r2) ** 2) / n),
          tolerance: published[i] - GATE,
          within: r2 > GATE && slope !== null && slope > 0,
        });
      }
      progress.update(index + 1);
    }
    progress.done();
    return rows;
  },
};

async function inspect(captures: readonly string[], options: ReproduceOptions): Promise<Inspection> {
  const folder = mkdtempSync(join(tmpdir(), 'makergym-ofi-'));
  try {
    const out = join(folder, 'tape.arrow');
    const { signal } = options.context;
    await importCaptures({ captures, out, signal });
    const replay = new TapeReplay([openTape(out)]);
    try {
      return inspectReplay(replay, { signal });
    } finally {
      replay.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The folder that holds the instruments' recordings: `binance` below what was given, or that itself. */
function recordings(given: string | undefined): string {
  const root = given ?? process.env.MAKERGYM_DATA ?? join('..', 'shared', 'data');
  const missing: string[] = [];
  for (const folder of [join(root, 'binance'), root]) {
    const absent = TABLE.flatMap(([, pair, files]) => files.map((file) => join(folder, pair, file))).filter(
      (path) => !existsSync(path),
    );
    if (absent.length === 0) return folder;
    missing.push(absent[0]);
  }
  throw new InputError({
    code: 'no-recordings',
    message: `${missing[0]} is not there: "ofi" needs recordings of BTCUSDT, which do not come with makergym.`,
    field: 'data',
    value: root,
    expected:
      'a folder with binance/usdm-btcusdt/20240718.gz, 20240719.gz and binance/spot-btcusdt/20240808.gz, 20240809.gz',
    hint: 'Name it with --data DIR or MAKERGYM_DATA; for recordings of your own, makergym inspect prints the same regression.',
  });
}

function tooShort(captures: readonly string[], horizonSeconds: number, n: number): InputError {
  return new InputError({
    code: 'recordings-too-short',
    message: `${captures.join(' and ')} hold ${n} intervals of ${horizonSeconds} s: too few to regress on.`,
    field: 'data',
    value: n,
    expected: 'recordings of an hour or so, as the published figures are of',
    hint: 'Name a folder with whole recordings.',
  });
}
