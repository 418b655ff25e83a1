import type { Command } from '../command.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  describe: 'What this machine offers: engines and their speed, processors, optional parts that are missing',
  examples: [
    ['makergym doctor', 'Measure every engine (about ten seconds)'],
    ['makergym doctor --quick --json', 'Only tell which engines load'],
  ],
  options: {
    quick: { type: 'boolean', describe: 'Do not measure', default: false },
  },
  run: async (args, context) => (await import('../run/doctor.ts')).run(args, context),
};
