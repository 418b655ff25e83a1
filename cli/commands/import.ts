import { refuseSameFile } from '../../base/files.ts';
import { type ImportSummary, importCaptures } from '../../market/import.ts';
import { VENUES, type Venue } from '../../market/instrument.ts';
import type { Command } from '../command.ts';

export const importCommand: Command = {
  name: 'import',
  configured: false,
  describe: 'Captures of Binance streams, in order, to one tape',
  examples: [
    ['makergym import 20240723.gz 20240724.gz --out nexo.arrow', 'Two days, the book carried across'],
    [
      'makergym import ws.txt --snapshot http.txt --symbol SUSHIUSDT --out sushi.arrow',
      'One symbol of several; snapshots recorded apart',
    ],
  ],
  positionals: [
    {
      name: 'CAPTURE',
      describe: 'Capture files, oldest first: <local time> <json> a line; plain, gzip or zstd',
      required: true,
      many: true,
    },
  ],
  options: {
    out: { type: 'string', describe: 'Tape to write (Arrow IPC)', required: true, placeholder: 'TAPE' },
    venue: { type: 'string', describe: 'Where it was recorded; inferred where it can be', choices: VENUES },
    symbol: {
      type: 'string',
      describe: 'Symbol to import, of captures that hold several',
      placeholder: 'SYMBOL',
    },
    snapshot: { type: 'string', describe: 'REST snapshots that the captures lack', placeholder: 'FILE' },
    'tick-size': { type: 'number', describe: 'Smallest price change; inferred by default', above: 0 },
    'step-size': { type: 'number', describe: 'Smallest quantity change; inferred by default', above: 0 },
    strict: { type: 'boolean', describe: 'Fail on a malformed line instead of skipping it', default: false },
  },
  async run(args, context) {
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
  },
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
