import type { Command } from '../command.ts';

/** The whole way of a tick on the embedded market: what `npm start` runs. */
export const startCommand: Command = {
  name: 'start',
  describe: 'The whole way on a simulated market: simulate, import, train, evaluate, report, export',
  examples: [['makergym start --out runs/first', 'A complete run in minutes']],
  options: {
    out: {
      type: 'string',
      describe: 'Folder of the run (default: the first free runs/start-N)',
      placeholder: 'RUN',
    },
    duration: {
      type: 'string',
      describe: 'Length of the simulated market to train on',
      default: '12h',
      placeholder: 'D',
    },
    'evaluation-duration': {
      type: 'string',
      describe: 'Length of the simulated market to be judged on',
      default: '4h',
      placeholder: 'D',
    },
    'total-timesteps': {
      type: 'number',
      describe: 'Timesteps to train',
      default: 500_000,
      integer: true,
      minimum: 100,
    },
  },
  run: async (args, context) => (await import('../run/start.ts')).run(args, context),
};
