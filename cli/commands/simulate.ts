import { EMBEDDED_MARKET } from '../../market/simulated/parameters.ts';
import type { Command } from '../command.ts';

export const simulateCommand: Command = {
  name: 'simulate',
  describe: "A simulated market, written as a capture in Binance's wire format (or as a tape)",
  examples: [
    [
      'makergym simulate --market queue-reactive --duration 10m --out sim.gz',
      'a capture that `import` reads',
    ],
    ['makergym simulate --market queue-reactive --duration 10m --out sim.arrow', 'the tape of that capture'],
    [
      'makergym simulate --market spot-btcusdt --duration 1h --out btc.arrow',
      'a market fitted to a recording',
    ],
    ['makergym simulate --market market.json --duration 1h --out mine.arrow', 'one that `fit-market` fitted'],
  ],
  options: {
    market: {
      type: 'string',
      describe: 'market to simulate: queue-reactive, one fitted to a recording, or a file of `fit-market`',
      default: EMBEDDED_MARKET,
      placeholder: 'NAME|FILE',
    },
    duration: { type: 'string', describe: 'how long, such as 10m or 2h', required: true, placeholder: 'D' },
    out: {
      type: 'string',
      describe: 'capture to write, gzipped where the name ends in .gz; a tape where it ends in .arrow',
      required: true,
      placeholder: 'FILE',
    },
  },
  run: async (args, context) => (await import('../run/simulate.ts')).run(args, context),
};
