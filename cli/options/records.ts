import type { OptionSpec } from '../command.ts';

/** Files of what a lane decided and traded, the same for every command that runs a candidate. */
export const RECORD_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  decisions: {
    type: 'string',
    describe: 'Arrow file to write, a row a decision of the candidate',
    placeholder: 'FILE',
  },
  fills: {
    type: 'string',
    describe: 'Arrow file to write, a row a fill of the candidate',
    placeholder: 'FILE',
  },
};
