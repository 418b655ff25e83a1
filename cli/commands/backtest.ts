import type { Command } from '../command.ts';
import { LANE_OPTIONS } from '../options/lane.ts';
import { RECORD_OPTIONS } from '../options/records.ts';

export const backtestCommand: Command = {
  name: 'backtest',
  describe: 'One agent over a tape: latency, queue position, fees, fills with their reason, KPIs',
  examples: [
    ['makergym backtest day1.arrow --agent v15', "V1.5's KPIs over a day"],
    [
      'makergym backtest day1.arrow day2.arrow --agent runs/first --latency 5ms,10ms --fees=-0.5,4',
      'a policy over two days, with a rebate',
    ],
    [
      'makergym backtest day1.arrow --agent v1 --decisions decisions.arrow --fills fills.arrow',
      'each decision and each fill, for pandas, polars or DuckDB',
    ],
  ],
  positionals: [{ name: 'TAPE', describe: 'tapes in order of time', required: true, many: true }],
  options: {
    agent: {
      type: 'string',
      describe: 'who quotes: v1, v15, fixed, a run or export folder, or a .ts or .js module',
      required: true,
      placeholder: 'A',
    },
    ...LANE_OPTIONS,
    ...RECORD_OPTIONS,
    out: {
      type: 'string',
      describe: 'folder that keeps it all for `report --backtest`',
      placeholder: 'DIR',
    },
  },
  run: async (args, context) => (await import('../run/backtest.ts')).run(args, context),
};
