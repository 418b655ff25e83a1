import type { Command } from '../command.ts';

export const reportCommand: Command = {
  name: 'report',
  describe:
    'One HTML page that needs no network: learning curves, equity, quotes with fills, KPIs, configuration',
  examples: [
    ['makergym report runs/first', 'A run and its latest evaluation, in runs/first/report.html'],
    ['makergym report --backtest results', 'What `backtest --out results` or `evaluate --out results` kept'],
  ],
  positionals: [{ name: 'RUN', describe: 'folder of a run', required: false }],
  options: {
    backtest: {
      type: 'string',
      describe: 'folder that a backtest kept, instead of a run',
      placeholder: 'DIR',
    },
    out: {
      type: 'string',
      describe: 'page to write (default: report.html in the folder)',
      placeholder: 'FILE',
    },
  },
  run: async (args, context) => (await import('../run/report.ts')).run(args, context),
};
