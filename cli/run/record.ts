import { InputError } from '../../base/errors.ts';
import { parseDuration } from '../../base/time.ts';
import type { TradeStream } from '../../live/binance/venue.ts';
import { RecordMonitor } from '../../live/monitor/record-monitor.ts';
import { type RecordSummary, recordStreams } from '../../live/record.ts';
import type { Venue } from '../../market/instrument.ts';
import type { Command } from '../command.ts';
import { describeEvent } from '../evaluation/live-events.ts';
import { monitorOptions, peopleLog } from '../options/monitor.ts';
import { parseSync } from '../options/sync.ts';

export const run: Command['run'] = async (args, context) => {
  const duration = args.duration === undefined ? undefined : parseDuration(String(args.duration), 'duration');
  const venue = args.venue as Venue;
  const options = {
    venue,
    symbols: parseSymbols(String(args.symbol)),
    out: String(args.out),
    ...addresses(args.ws as string | undefined, args.rest as string | undefined),
    trades: args.trades as TradeStream,
    duration,
    syncSeconds: parseSync(args),
    seed: context.seed,
    signal: context.signal,
  };
  const tell = peopleLog(args, context);
  const symbols = options.symbols.join(',');
  const watching = monitorOptions(args, { command: 'record', venue, symbols });
  const monitor = watching === undefined ? undefined : await RecordMonitor.start(watching);
  if (monitor?.url !== undefined) tell(`metrics: ${monitor.url}metrics, health: ${monitor.url}healthz`);
  let summary: RecordSummary;
  try {
    summary = await recordStreams({
      ...options,
      onStart: (feed) => monitor?.watch(feed, venue),
      onEvent: (event) => {
        monitor?.onFeedEvent(event);
        const line = describeEvent(event);
        if (line !== undefined) tell(line);
      },
    });
  } catch (error) {
    await monitor?.close({ error });
    throw error;
  }
  await monitor?.close({ summary });
  context.print(table(summary));
  return { ...summary };
};

function parseSymbols(text: string): readonly string[] {
  const symbols = text.split(',').map((symbol) => symbol.trim().toUpperCase());
  for (const symbol of symbols) {
    if (/^[A-Z0-9_]{2,40}$/.test(symbol)) continue;
    throw new InputError({
      code: 'bad-symbol',
      message: `"${symbol}" is no symbol.`,
      field: 'symbol',
      value: text,
      expected: 'letters and digits, several with commas',
      hint: 'For example BTCUSDT or BTCUSDT,ETHUSDT.',
    });
  }
  return [...new Set(symbols)];
}

/** Both addresses or none: half a pair would mix a local exchange with the real one. */
function addresses(ws: string | undefined, rest: string | undefined): { ws?: string; rest?: string } {
  if ((ws === undefined) === (rest === undefined)) return { ws, rest };
  const missing = ws === undefined ? 'ws' : 'rest';
  throw new InputError({
    code: 'missing-option',
    message: `--${missing} is missing: streams and snapshots must come from the same exchange.`,
    field: missing,
    expected: 'both --ws and --rest, or neither',
    hint: 'makergym serve prints both.',
  });
}

function table(summary: RecordSummary): string {
  const { files, bookTicker, checksums } = summary;
  const rows: readonly (readonly [string, string | number])[] = [
    ['files', files.length === 0 ? 'none' : files.join('\n                  ')],
    ['messages', summary.messages],
    ['gaps', summary.gaps],
    ['resyncs', summary.resyncs],
    ['reconnects', summary.reconnects],
    ['bookTicker', `${bookTicker.checked} checked, ${bookTicker.mismatches} mismatches`],
    [
      'snapshots',
      `${summary.snapshots} applied; ${checksums.checked} compared, ${checksums.mismatches} mismatches`,
    ],
    ['clock offset', summary.clockOffsetMs === null ? 'unknown' : `${summary.clockOffsetMs} ms`],
    ['round trip', summary.roundTripMs === null ? 'unknown' : `${summary.roundTripMs} ms`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(18)}${value}`).join('\n');
}
