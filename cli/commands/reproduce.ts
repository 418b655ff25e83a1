import { unknownName } from '../../base/errors.ts';
import { textTable } from '../../evaluation/text-table.ts';
import type { Command } from '../command.ts';
import { as2008 } from '../reproduce/as2008.ts';
import { carteaJaimungal } from '../reproduce/cartea-jaimungal.ts';
import { glft } from '../reproduce/glft.ts';
import { ofi } from '../reproduce/ofi.ts';
import { queue } from '../reproduce/queue.ts';
import type { ReproducedRow, Reproduction } from '../reproduce/row.ts';

/** Every table by name. */
export const REPRODUCTIONS: Readonly<Record<string, Reproduction>> = {
  as2008,
  glft,
  'cartea-jaimungal': carteaJaimungal,
  queue,
  ofi,
};

const NAMES = Object.keys(REPRODUCTIONS);

export const reproduceCommand: Command = {
  name: 'reproduce',
  describe: 'A published table beside our own figures; fails where one is not within its error',
  examples: [
    ['makergym reproduce as2008', 'Avellaneda and Stoikov (2008), simulated'],
    ['makergym reproduce cartea-jaimungal --paths 100000', 'with a smaller sampling error'],
    ['makergym reproduce ofi --data ../shared/data', 'from recordings'],
  ],
  positionals: [{ name: 'NAME', describe: `the table: ${NAMES.join(', ')}`, required: true }],
  options: {
    paths: {
      type: 'number',
      describe: 'Paths of each simulated row (default 20000)',
      integer: true,
      minimum: 100,
      maximum: 10_000_000,
      default: 20_000,
      placeholder: 'N',
    },
    data: { type: 'string', describe: 'Folder of recorded market data, for ofi', placeholder: 'DIR' },
  },
  async run(args, context) {
    const name = String(args.NAME);
    if (!Object.hasOwn(REPRODUCTIONS, name)) throw unknownName('table', name, NAMES);
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
  },
};

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
