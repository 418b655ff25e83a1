import { unknownName } from '../../base/errors.ts';
import { textTable } from '../../evaluation/text-table.ts';
import type { Command } from '../command.ts';
import { as2008 } from '../reproduce/as2008.ts';
import { carteaJaimungal } from '../reproduce/cartea-jaimungal.ts';
import { glft } from '../reproduce/glft.ts';
import { REPRODUCED, type ReproducedName } from '../reproduce/names.ts';
import { ofi } from '../reproduce/ofi.ts';
import { queue } from '../reproduce/queue.ts';
import type { ReproducedRow, Reproduction } from '../reproduce/row.ts';

/** Every table by name. */
const REPRODUCTIONS: Readonly<Record<ReproducedName, Reproduction>> = {
  as2008,
  glft,
  'cartea-jaimungal': carteaJaimungal,
  queue,
  ofi,
};

export const run: Command['run'] = async (args, context) => {
  const name = String(args.NAME);
  if (!isReproduced(name)) throw unknownName('table', name, REPRODUCED);
  const { describe, run } = REPRODUCTIONS[name];
  const rows = await run({
    paths: args.paths as number,
    seed: context.seed,
    data: args.data as string | undefined,
    context,
  });
  const off = rows.filter(({ within }) => !within);
  context.print(describe);
  context.print(table(rows));
  context.print(
    off.length === 0
      ? `All ${rows.length} rows are within.`
      : `${off.length} of ${rows.length} rows are not within.`,
  );
  return { name, rows, within: off.length === 0 };
};

function isReproduced(name: string): name is ReproducedName {
  return (REPRODUCED as readonly string[]).includes(name);
}

function table(rows: readonly ReproducedRow[]): string {
  const head = ['case', 'quantity', 'published', 'measured', 'std error', 'within'];
  return textTable([
    head,
    ...rows.map((row) => [
      row.case,
      row.quantity,
      String(row.published),
      digits(row.measured, row),
      row.standardError === 0 ? '-' : row.standardError.toPrecision(2),
      row.within ? 'yes' : 'NO',
    ]),
  ]);
}

/** As many digits as its error leaves a meaning. */
function digits(measured: number, { standardError, tolerance }: ReproducedRow): string {
  const error = Math.max(standardError, Math.min(tolerance, 1e-3));
  const places = error > 0 ? Math.min(12, Math.max(2, 1 - Math.floor(Math.log10(error)))) : 12;
  return measured.toFixed(places);
}
