import type { Command } from '../command.ts';

export const fitMarketCommand: Command = {
  name: 'fit-market',
  describe: 'Fit a simulated market to a tape: order flow by distance and queue size, moves, self-excitation',
  examples: [
    ['makergym fit-market btcusdt.arrow --out market.json', 'fit'],
    ['makergym simulate --market market.json --duration 1h --out sim.arrow', 'and play it'],
    [
      'makergym fit-market nexo.arrow --end 2024-07-24T10:00:00Z --out market.json',
      'the rest of the tape stays unseen',
    ],
  ],
  positionals: [{ name: 'TAPE', describe: 'tape to fit to', required: true }],
  options: {
    out: { type: 'string', describe: 'market file to write (JSON)', required: true, placeholder: 'FILE' },
    start: {
      type: 'string',
      describe: 'fit to what comes after this time (ISO 8601, UTC)',
      placeholder: 'TIME',
    },
    end: {
      type: 'string',
      describe: 'fit to what comes before this time (ISO 8601, UTC)',
      placeholder: 'TIME',
    },
  },
  run: async (args, context) => (await import('../run/fit-market.ts')).run(args, context),
};
