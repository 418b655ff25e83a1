import { VENUES } from '../../market/instrument.ts';
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
  run: async (args, context) => (await import('../run/import.ts')).run(args, context),
};
