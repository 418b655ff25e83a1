import { basename } from 'node:path';
import { refuseSameFile, writeFileAtomic } from '../../base/files.ts';
import { formatTime } from '../../base/time.ts';
import { formatNumber, formatSigned } from '../../evaluation/kpi-labels.ts';
import { comparisonPage } from '../../evaluation/report/comparison-page.ts';
import { textTable } from '../../evaluation/text-table.ts';
import { type ComparedFact, compareFacts } from '../../market/comparison/compare.ts';
import { type MarketFacts, marketFacts } from '../../market/comparison/facts.ts';
import { openTape } from '../../market/tape/reader.ts';
import type { TapeInfo } from '../../market/tape/rows.ts';
import type { CommandContext } from '../command.ts';

interface Market {
  readonly path: string;
  readonly info: TapeInfo;
  readonly facts: MarketFacts;
}

/** Compares two tapes: the table on stdout, the page where `out` says. Returns the fields of the JSON document. */
export async function compareTapes(a: string, b: string, out: string | undefined, context: CommandContext) {
  if (out !== undefined) refuseSameFile(out, '--out', [a, b]);
  const progress = context.progress('Comparing', 200, '%');
  const one = collect(a, context, (share) => progress.update(Math.round(100 * share)));
  const other = collect(b, context, (share) => progress.update(Math.round(100 + 100 * share)));
  progress.done();
  const table = compareFacts(one.facts, other.facts);
  const names = namesOf(a, b);
  context.print([one, other].map((market, i) => `${names[i]}: ${describe(market)}`).join('\n'));
  context.print(text(names, table));
  if (out !== undefined) {
    const descriptions = [describe(one), describe(other)] as const;
    writeFileAtomic(out, comparisonPage({ names, facts: [one.facts, other.facts], descriptions, table }));
    context.print(out);
  }
  return {
    a: fields(one),
    b: fields(other),
    facts: table,
    curves: {
      signCorrelation: pairs(one.facts.signCorrelation, other.facts.signCorrelation, (lag) => ({
        orders: lag + 1,
      })),
      signature: pairs(
        one.facts.signature.map(({ sigmaTicks }) => sigmaTicks),
        other.facts.signature.map(({ sigmaTicks }) => sigmaTicks),
        (i) => ({ intervalSeconds: one.facts.signature[i].intervalSeconds }),
      ),
    },
    out: out ?? null,
  };
}

function collect(path: string, { signal }: CommandContext, onProgress: (share: number) => void): Market {
  const tape = openTape(path);
  try {
    return { path, info: tape.info, facts: marketFacts(tape, { signal, onProgress }) };
  } finally {
    tape.close();
  }
}

function pairs<T extends object>(
  a: readonly (number | null)[],
  b: readonly (number | null)[],
  at: (index: number) => T,
) {
  return a.map((value, i) => ({ ...at(i), a: value, b: b[i] ?? null }));
}

function fields({ path, info, facts }: Market) {
  return {
    tape: path,
    instrument: info.instrument,
    span: { start: formatTime(info.start), end: formatTime(info.end) },
    rows: info.rows,
    orders: facts.orders,
    trades: facts.inspection.trades,
  };
}

function namesOf(a: string, b: string): [string, string] {
  const [one, other] = [a, b].map((path) => basename(path).replace(/\.arrow(\.gz|\.zst)?$/, ''));
  return one === other ? [a, b] : [one, other];
}

function describe({ info, facts }: Market): string {
  const { symbol, venue } = info.instrument;
  return (
    `${symbol} on ${venue}, ${second(info.start)} to ${second(info.end)}, ` +
    `${formatNumber(facts.orders, 9)} market orders, ${formatNumber(facts.inspection.messages, 9)} messages`
  );
}

function second(time: number): string {
  return `${formatTime(time).slice(0, 19)}Z`;
}

function text(names: readonly [string, string], table: readonly ComparedFact[]): string {
  return textTable([
    ['', 'figure', ...names, 'difference', 'KS', 'Wasserstein', 'curves'],
    ...table.map((fact) => [
      fact.unit === '' ? fact.fact : `${fact.fact}, ${fact.unit}`,
      fact.figure,
      formatNumber(fact.a, 3),
      formatNumber(fact.b, 3),
      fact.relativeDifference === null ? '–' : `${formatSigned(100 * fact.relativeDifference, 3)} %`,
      formatNumber(fact.ks, 2),
      formatNumber(fact.wasserstein, 3),
      formatNumber(fact.meanAbsoluteDifference, 2),
    ]),
  ]);
}
