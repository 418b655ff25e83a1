import type { Command } from '../command.ts';
import { LANE_OPTIONS } from '../options/lane.ts';
import { RECORD_OPTIONS } from '../options/records.ts';

export const evaluateCommand: Command = {
  name: 'evaluate',
  describe:
    'Candidate and baseline on the same ticks: KPIs, paired differences with intervals, targets, verdict',
  examples: [
    ['makergym evaluate runs/first --baseline v15 --tape day2.arrow', 'A run against V1.5 on unseen ticks'],
    [
      'makergym evaluate v1 --baseline fixed --tape day2.arrow --out results',
      'Two baselines, kept for a report',
    ],
  ],
  positionals: [
    { name: 'POLICY', describe: 'run, checkpoint, export, agent name or module to judge', required: true },
  ],
  options: {
    baseline: { type: 'string', describe: 'agent to compare with', default: 'v15', placeholder: 'AGENT' },
    tape: {
      type: 'list',
      describe: 'tape to judge on; several in order of time',
      required: true,
      placeholder: 'TAPE',
    },
    out: { type: 'string', describe: 'folder for the results, to be shown by `report`', placeholder: 'DIR' },
    'allow-overlap': { type: 'boolean', describe: 'judge on ticks the policy was trained on all the same' },
    ...RECORD_OPTIONS,
    ...LANE_OPTIONS,
  },
  run: async (args, context) => (await import('../run/evaluate.ts')).run(args, context),
};
