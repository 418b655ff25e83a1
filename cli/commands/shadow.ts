import { TRADE_STREAMS } from '../../live/binance/venue.ts';
import type { Command } from '../command.ts';
import { LANE_OPTIONS } from '../options/lane.ts';
import { MONITOR_OPTIONS } from '../options/monitor.ts';
import { RECORD_OPTIONS } from '../options/records.ts';
import { SYNC_OPTION } from '../options/sync.ts';

const { start: _start, end: _end, ...STREAM_LANE_OPTIONS } = LANE_OPTIONS;

export const shadowCommand: Command = {
  name: 'shadow',
  describe: 'A policy decides on a live stream, sends nothing, records what it saw',
  examples: [
    [
      'makergym shadow exported --source binance-spot:BTCUSDT --duration 1h --out shadow',
      "an hour on Binance's public streams; no key is needed",
    ],
    [
      'makergym shadow exported --source ws://127.0.0.1:9000 --rest http://127.0.0.1:9000 --out shadow',
      'on a local exchange (makergym serve)',
    ],
    [
      'makergym shadow exported --source captures --out shadow',
      'over captures, as fast as they can be played',
    ],
    ['makergym shadow --verify shadow', 'takes every decision again from the recording and compares'],
  ],
  positionals: [{ name: 'POLICY', describe: 'an export', required: false }],
  options: {
    source: {
      type: 'string',
      describe: 'binance-spot:SYMBOL, binance-usdm:SYMBOL, a ws address, a capture or a folder of them',
      placeholder: 'S',
    },
    duration: {
      type: 'string',
      describe: 'how long, such as 10m or 24h; until Ctrl-C (or the end of the capture) without it',
      placeholder: 'D',
    },
    out: {
      type: 'string',
      describe: 'folder for recording, decisions and fills (default: shadow-SYMBOL-TIME)',
      placeholder: 'DIR',
    },
    verify: {
      type: 'string',
      describe: 'folder of a session: backtests its recording and compares each decision',
      placeholder: 'DIR',
    },
    ws: {
      type: 'string',
      describe: 'base address of the streams instead of Binance, with --rest',
      placeholder: 'URL',
    },
    rest: {
      type: 'string',
      describe: 'base address of the REST endpoints instead of Binance',
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
    ...STREAM_LANE_OPTIONS,
    ...RECORD_OPTIONS,
  },
  run: async (args, context) => (await import('../run/shadow.ts')).run(args, context),
};
