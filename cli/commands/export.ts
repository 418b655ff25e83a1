import type { Command } from '../command.ts';

export const exportCommand: Command = {
  name: 'export',
  describe: 'Write a deployable policy: ONNX, TensorFlow.js layers model, safetensors and a manifest',
  examples: [['makergym export runs/nexo --out exports/nexo', 'the best policy of a run']],
  positionals: [{ name: 'RUN', describe: 'Run (its best policy), checkpoint or export', required: true }],
  options: {
    out: { type: 'string', describe: 'Folder to write', placeholder: 'DIR', required: true },
    force: { type: 'boolean', describe: 'Replace an export that is there already' },
  },

  run: async (args, context) => (await import('../run/export.ts')).run(args, context),
};
