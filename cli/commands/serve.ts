import { FAULT_KINDS } from '../../live/exchange/fault-kinds.ts';
import { VENUES } from '../../market/instrument.ts';
import type { Command } from '../command.ts';

export const serveCommand: Command = {
  name: 'serve',
  describe:
    "A capture or a simulated market as Binance's REST and WebSocket endpoints on this machine, with faults",
  examples: [
    ['makergym serve captures/20240808.gz --port 9000', 'at the speed it was recorded'],
    [
      'makergym serve day1.gz day2.gz --port 9000 --speed max --faults random:7',
      'as fast as the client takes it',
    ],
    ['makergym serve day1.gz --port 0 --faults cut,418', 'a free port; sockets that break, bans'],
    [
      'makergym serve --market spot-btcusdt --port 9000',
      'a market that was fitted to a recording, without end',
    ],
  ],
  positionals: [
    { name: 'CAPTURE', describe: 'Capture files of one venue, oldest first', required: false, many: true },
  ],
  options: {
    market: {
      type: 'string',
      describe: 'a simulated market instead, by --seed and without end: a name, or a file of `fit-market`',
      placeholder: 'NAME|FILE',
    },
    port: {
      type: 'number',
      describe: 'port; 0 takes a free one',
      default: 0,
      integer: true,
      minimum: 0,
      maximum: 65535,
    },
    speed: {
      type: 'string',
      describe: 'times the speed it was recorded at, or `max`: as fast as the client takes it',
      default: '1',
      placeholder: 'X',
    },
    faults: {
      type: 'string',
      describe: `none, random:SEED, or kinds with commas: ${FAULT_KINDS.join(', ')}`,
      default: 'none',
      placeholder: 'SPEC',
    },
    host: {
      type: 'string',
      describe: 'address to listen at; anything but loopback can be reached from other machines',
      default: '127.0.0.1',
      placeholder: 'HOST',
    },
    snapshot: { type: 'string', describe: 'REST snapshots that the captures lack', placeholder: 'FILE' },
    venue: { type: 'string', describe: 'where it was recorded; inferred where it can be', choices: VENUES },
  },
  run: async (args, context) => (await import('../run/serve.ts')).run(args, context),
};
