import type { Command } from '../command.ts';
import { REPRODUCED } from '../reproduce/names.ts';

export const reproduceCommand: Command = {
  name: 'reproduce',
  describe: 'A published table beside our own figures; fails where one is not within its error',
  examples: [
    ['makergym reproduce as2008', 'Avellaneda and Stoikov (2008), simulated'],
    ['makergym reproduce cartea-jaimungal --paths 100000', 'with a smaller sampling error'],
    ['makergym reproduce ofi --data ../shared/data', 'from recordings'],
  ],
  positionals: [{ name: 'NAME', describe: `the table: ${REPRODUCED.join(', ')}`, required: true }],
  options: {
    paths: {
      type: 'number',
      describe: 'Paths of each simulated row (default 20000)',
      integer: true,
      minimum: 100,
      maximum: 10_000_000,
      default: 20_000,
      placeholder: 'N',
    },
    data: { type: 'string', describe: 'Folder of recorded market data, for ofi', placeholder: 'DIR' },
  },
  run: async (args, context) => (await import('../run/reproduce.ts')).run(args, context),
};
