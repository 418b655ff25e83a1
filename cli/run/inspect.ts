import { InputError } from '../../base/errors.ts';
import { formatTime, MICROSECONDS } from '../../base/time.ts';
import { type Inspection, inspectReplay } from '../../market/inspection.ts';
import { TapeReplay } from '../../market/replay.ts';
import { LostTime } from '../../market/tape/lost-time.ts';
import { openTape } from '../../market/tape/reader.ts';
import type { Arguments, Command, CommandContext } from '../command.ts';

export const run: Command['run'] = async (args, context) => {
  const tapes = args.TAPE as readonly string[];
  requireTapes(tapes, args);
  if (args.compare !== true) return inspectTape(tapes[0], context);
  const { compareTapes } = await import('../evaluation/compare-tapes.ts');
  return compareTapes(tapes[0], tapes[1], args.out as string | undefined, context);
};

function requireTapes(tapes: readonly string[], args: Arguments): void {
  const wanted = args.compare === true ? 2 : 1;
  if (tapes.length !== wanted) {
    throw new InputError({
      code: tapes.length < wanted ? 'missing-argument' : 'unexpected-argument',
      message: `"inspect${wanted === 2 ? ' --compare' : ''}" takes ${wanted === 2 ? 'two tapes' : 'one tape'}, not ${tapes.length}.`,
      field: 'TAPE',
      value: tapes.join(' '),
      expected: wanted === 2 ? 'TAPE TAPE' : 'TAPE, or --compare TAPE TAPE',
      hint: wanted === 2 ? 'Name the two tapes to compare.' : 'Compare two tapes by --compare.',
    });
  }
  if (wanted === 2 || args.out === undefined) return;
  throw new InputError({
    code: 'foreign-option',
    message: '--out goes with --compare only.',
    field: '--out',
    value: args.out,
    expected: '--compare beside --out',
    hint: 'Leave --out out, or compare two tapes.',
  });
}

async function inspectTape(path: string, context: CommandContext) {
  const tape = openTape(path);
  try {
    const { instrument, rows, start, end } = tape.info;
    const progress = context.progress('Inspecting', Math.round((end - start) / MICROSECONDS), 's');
    const inspection = inspectReplay(new TapeReplay([tape]), {
      signal: context.signal,
      lost: new LostTime(tape),
      onProgress: (time) => progress.update(Math.round((time - start) / MICROSECONDS)),
    });
    progress.done();
    const { symbol, venue } = instrument;
    context.print(`${symbol} on ${venue}, ${formatTime(start)} to ${formatTime(end)}, ${rows} rows`);
    context.print(describe(inspection));
    const per = (count: number) => perSecond(count, inspection);
    return {
      instrument,
      rows,
      span: { start: formatTime(start), end: formatTime(end) },
      rates: {
        rowsPerSecond: per(rows),
        messagesPerSecond: per(inspection.messages),
        tradesPerSecond: per(inspection.trades),
        volumePerSecond: per(inspection.volume),
      },
      ...inspection,
    };
  } finally {
    tape.close();
  }
}

function describe(inspection: Inspection): string {
  const { spreadTicks } = inspection;
  const per = (count: number) => number(perSecond(count, inspection), 2);
  return [
    `messages/s ${per(inspection.messages)}, trades/s ${per(inspection.trades)}, gaps ${inspection.gaps}, ` +
      `autocorrelation of trade signs ${number(inspection.tradeSignAutocorrelation, 2)}`,
    `spread, ticks, weighted by time: mean ${number(spreadTicks.mean, 3)}, p50 ${number(spreadTicks.p50, 0)}, ` +
      `p99 ${number(spreadTicks.p99, 0)} (${inspection.spreadSharePct.map((s) => `${s.ticks}: ${number(s.pct, 1)} %`).join(', ')})`,
    `volatility, ticks/√s: ${inspection.volatility.map((v) => `${number(v.sigmaTicks, 3)} at ${v.intervalSeconds} s`).join(', ')}`,
    '',
    table(
      ['level', 'bid', 'ask', 'bid distance', 'ask distance'],
      inspection.depth.map((d) => [
        `L${d.level}`,
        number(d.bidQuantity, 3),
        number(d.askQuantity, 3),
        number(d.bidDistanceTicks, 1),
        number(d.askDistanceTicks, 1),
      ]),
    ),
    '',
    'Signals against the mid’s move over the horizon that follows (samples do not overlap):',
    table(
      ['signal', 'horizon, s', 'correlation', 'p-value', 'hit ratio', 'signed', 'n'],
      inspection.signals.map((s) => [
        s.name,
        String(s.horizonSeconds),
        number(s.correlation, 3),
        s.pValue === null ? '-' : s.pValue.toPrecision(2),
        number(s.hitRatio, 3),
        String(s.signed),
        String(s.n),
      ]),
    ),
    '',
    'Mid change on book order flow Σ e_n in the same interval (Cont, Kukanov, Stoikov):',
    table(
      ['interval, s', 'slope, ticks per unit', 'R²', 'n'],
      inspection.ofiRegression.map((r) => [
        String(r.horizonSeconds),
        r.slope === null ? '-' : r.slope.toPrecision(3),
        number(r.r2, 3),
        String(r.n),
      ]),
    ),
  ].join('\n');
}

/** Null where no time passed. */
function perSecond(count: number, { durationSeconds }: Inspection): number | null {
  return durationSeconds > 0 ? count / durationSeconds : null;
}

function number(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits);
}
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return all
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
    )
    .join('\n');
}
