import type { Command } from '../command.ts';

export const inspectCommand: Command = {
  name: 'inspect',
  describe:
    'What is in a tape: rates, spread, depth, volatility, and how far each signal tells of the next move; or two compared',
  examples: [
    ['makergym inspect btcusdt.arrow', 'tables for people'],
    ['makergym inspect btcusdt.arrow --json', 'the same for scripts'],
    ['makergym inspect --compare real.arrow simulated.arrow --out facts.html', 'stylised facts side by side'],
  ],
  positionals: [
    { name: 'TAPE', describe: 'tape to look into; two with --compare', required: true, many: true },
  ],
  options: {
    compare: { type: 'boolean', describe: 'compare two tapes: their stylised facts and a distance for each' },
    out: { type: 'string', describe: 'page to write with --compare: one HTML file', placeholder: 'FILE' },
  },
  run: async (args, context) => (await import('../run/inspect.ts')).run(args, context),
};
