import { ENGINE_NAMES } from '../../agents/sac/engine-names.ts';
import { DEVICES } from '../../agents/sac/onnx-device.ts';
import type { Command } from '../command.ts';
import { LANE_OPTIONS } from '../options/lane.ts';

export const trainCommand: Command = {
  name: 'train',
  describe: 'Train a Soft Actor-Critic agent on a tape or a simulated market; writes a run',
  examples: [
    ['makergym train --tape day1.arrow --total-timesteps 100000 --out runs/first', 'Train on a recording'],
    ['makergym train --market queue-reactive --total-timesteps 20000', 'Train on a simulated market'],
    ['makergym train --market spot-btcusdt --total-timesteps 20000', 'Train on one fitted to a recording'],
    ['makergym train --env CarteaJaimungal-v0 --total-timesteps 20000', 'Train where the optimum is known'],
    ['makergym train --resume runs/first --total-timesteps 200000', 'Go on, bit for bit'],
  ],
  options: {
    tape: { type: 'list', describe: 'Tape to train on; several in order of time', placeholder: 'TAPE' },
    market: {
      type: 'string',
      describe: 'Train on a simulated market instead: a name, or a file of `fit-market`',
      placeholder: 'NAME|FILE',
    },
    env: {
      type: 'string',
      describe: 'Train in a registered environment instead, such as CarteaJaimungal-v0',
      placeholder: 'ID',
    },
    'env-options': {
      type: 'string',
      describe: 'Its options as JSON or YAML',
      placeholder: 'OPTIONS',
    },
    duration: { type: 'string', describe: 'Length of the simulated market (default 1h)', placeholder: 'D' },
    'eval-tape': {
      type: 'list',
      describe:
        'Tape to choose the best policy by (default: the last fifth of the training tape, kept apart)',
      placeholder: 'TAPE',
    },
    'total-timesteps': {
      type: 'number',
      describe: 'Timesteps in all, those before --resume included',
      integer: true,
      minimum: 1,
      placeholder: 'N',
    },
    out: {
      type: 'string',
      describe: 'Folder of the run (default: the first free runs/train-N)',
      placeholder: 'RUN',
    },
    resume: {
      type: 'string',
      describe: 'Go on with this run, or with one of its checkpoints',
      placeholder: 'RUN',
    },
    engine: { type: 'string', describe: 'What computes the update', choices: ENGINE_NAMES, placeholder: 'E' },
    device: {
      type: 'string',
      describe: 'Where the engine onnx computes (default cpu)',
      choices: DEVICES,
      placeholder: 'D',
    },
    threads: {
      type: 'number',
      describe: 'Threads of the engine onnx (default: all or one, whichever is faster)',
      integer: true,
      minimum: 1,
      placeholder: 'N',
    },
    'n-envs': {
      type: 'number',
      describe: 'Agents that train together, on one pass over the tape (default 1)',
      integer: true,
      minimum: 1,
      maximum: 1024,
      placeholder: 'K',
    },
    ...LANE_OPTIONS,
  },
  run: async (args, context) => (await import('../run/train.ts')).run(args, context),
};
