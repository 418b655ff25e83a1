import type { SacOptions } from '../sac-options.ts';
import type { BlockLearner } from './block.ts';
import { LocalLearner } from './local.ts';
import { ThreadLearner, type ThreadOptions } from './thread.ts';

/** The learner that the options of an agent ask for, in a thread of its own unless they keep it in this one. */
export async function startLearner(
  wanted: Omit<ThreadOptions, 'choice' | 'module'>,
  { engine, engineModule, learnerThread = true }: SacOptions,
): Promise<BlockLearner> {
  const choice = typeof engine === 'function' ? undefined : engine;
  if (typeof engine !== 'function' && learnerThread) {
    return ThreadLearner.start({ ...wanted, choice, module: engineModule });
  }
  const { options, normaliser, buffer, seed } = wanted;
  const made = typeof engine === 'function' ? await engine(options) : await makeHere();
  return new LocalLearner(made, normaliser, buffer, seed);

  async function makeHere() {
    if (engineModule !== undefined) {
      const { default: factory } = await import(engineModule);
      return factory(options);
    }
    // Loaded when needed, so that an own engine costs no start of TensorFlow.js.
    const { createEngine } = await import('../../agents/sac/choose-engine.ts');
    return createEngine(options, choice);
  }
}
