import { TRADE_STREAMS } from '../../live/binance/venue.ts';
import { VENUES } from '../../market/instrument.ts';
import type { Command } from '../command.ts';
import { MONITOR_OPTIONS } from '../options/monitor.ts';
import { SYNC_OPTION } from '../options/sync.ts';

export const recordCommand: Command = {
  name: 'record',
  describe: 'Live streams of Binance to capture files that `import` reads',
  examples: [
    [
      'makergym record --venue binance-spot --symbol BTCUSDT --out captures --duration 1h',
      'an hour of public market data; no key is needed',
    ],
    [
      'makergym record --venue binance-spot --symbol BTCUSDT --out captures --ws ws://127.0.0.1:9000 --rest http://127.0.0.1:9000',
      'from a local exchange (makergym serve)',
    ],
  ],
  options: {
    venue: { type: 'string', describe: 'exchange', choices: VENUES, required: true, placeholder: 'VENUE' },
    symbol: {
      type: 'string',
      describe: 'symbol, or several with commas; each gets files of its own',
      required: true,
      placeholder: 'SYMBOL',
    },
    out: { type: 'string', describe: 'folder for the files', required: true, placeholder: 'DIR' },
    duration: {
      type: 'string',
      describe: 'how long, such as 10m or 24h; until Ctrl-C without it',
      placeholder: 'D',
    },
    ws: {
      type: 'string',
      describe: 'base address of the streams instead of Binance, with --rest',
      placeholder: 'URL',
    },
    rest: {
      type: 'string',
      describe: 'base address of the REST endpoints instead of Binance, with --ws',
      placeholder: 'URL',
    },
    trades: {
      type: 'string',
      describe: 'stream of trades',
      choices: TRADE_STREAMS,
      default: TRADE_STREAMS[0],
    },
    ...SYNC_OPTION,
    ...MONITOR_OPTIONS,
  },
  run: async (args, context) => (await import('../run/record.ts')).run(args, context),
};
