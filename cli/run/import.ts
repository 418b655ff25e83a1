import { refuseSameFile } from '../../base/files.ts';
import { type ImportSummary, importCaptures } from '../../market/import.ts';
import type { Venue } from '../../market/instrument.ts';
import type { Command } from '../command.ts';

export const run: Command['run'] = async (args, context) => {
  const captures = args.CAPTURE as readonly string[];
  const snapshots = args.snapshot === undefined ? [] : [String(args.snapshot)];
  refuseSameFile(String(args.out), '--out', [...captures, ...snapshots]);
  let progress: ReturnType<typeof context.progress> | undefined;
  const summary = await importCaptures({
    captures,
    out: args.out as string,
    venue: args.venue as Venue | undefined,
    symbol: args.symbol as string | undefined,
    snapshot: args.snapshot as string | undefined,
    tickSize: args['tick-size'] as number | undefined,
    stepSize: args['step-size'] as number | undefined,
    strict: args.strict === true,
    signal: context.signal,
    onProgress: (bytes, total) => {
      progress ??= context.progress('import', total / MEBIBYTE, 'MiB');
      progress.update(bytes / MEBIBYTE);
    },
    onWarning: (text) => context.log(text),
  }).finally(() => progress?.done());
  context.print(table(summary));
  return { ...summary };
};

const MEBIBYTE = 1 << 20;

function table(summary: ImportSummary): string {
  const { instrument, bookTicker, ignored, gaps, span } = summary;
  const count = (value: number): string => value.toLocaleString('en-US');
  const left = Object.entries(ignored).map(([reason, number]) => `${reason} ${count(number)}`);
  const rows: readonly (readonly [string, string])[] = [
    ['tape', summary.out],
    ['instrument', `${instrument.venue} ${instrument.symbol}`],
    ['tick, step', `${decimal(instrument.tickSize)}, ${decimal(instrument.stepSize)}`],
    ['span', `${span.start} to ${span.end}`],
    ['rows', `${count(summary.rows)} (${count(summary.rowsPerSecond)} a second)`],
    ['messages', count(summary.messages)],
    ['depth updates', count(summary.depthUpdates)],
    ['trades', count(summary.trades)],
    ['snapshots', count(summary.snapshots)],
    ['gaps', gaps.length === 0 ? 'none' : `${count(gaps.length)}, first at ${gaps[0].atTime}`],
    ['bookTicker', `${count(bookTicker.checked)} checked, ${count(bookTicker.mismatches)} mismatches`],
    ['crossed books', count(summary.crossed)],
    ['ignored', left.length === 0 ? 'none' : left.join(', ')],
    ['negative latency', `${count(summary.negativeLatencies)} messages`],
    ['clock ran back', `${count(summary.clampedLocalTimes)} messages`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(18)}${value}`).join('\n');
}

function decimal(value: number): string {
  return value.toFixed(10).replace(/\.?0+$/, '');
}
