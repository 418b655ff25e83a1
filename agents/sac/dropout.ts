import { stream } from '../../base/random.ts';
import type { SacEngineOptions } from './engine.ts';

/** The passes through critics that an update makes, each with units of its own left out. */
export const PASSES = ['target', 'critic', 'actor'] as const;
export type Pass = (typeof PASSES)[number];

/**
 * What hidden units of the critics are multiplied with in an update on `size` rows: 0 with probability `criticDropout`,
 * else 1/(1 − criticDropout). `take` is given a matrix `[size, width]` for each pass, layer and critic, in memory that
 * is used again for the next. A function of the seed and the update's number alone: engines agree, and resuming needs
 * no state.
 */
export function dropoutMasks(
  { criticDropout, hidden, seed }: Pick<SacEngineOptions, 'criticDropout' | 'hidden' | 'seed'>,
  size: number,
  update: number,
  take: (pass: Pass, layer: number, critic: number, mask: Float32Array) => void,
): void {
  const generator = stream(seed, `learner/dropout/${update}`);
  const kept = 1 / (1 - criticDropout);
  const logKept = Math.log1p(-criticDropout);
  const masks = hidden.map((width) => new Float32Array(size * width));
  for (const pass of PASSES) {
    masks.forEach((mask, layer) => {
      for (let critic = 0; critic < 2; critic++) {
        mask.fill(kept);
        // From one unit left out to the next it is a geometric number of units.
        let i = -1;
        for (;;) {
          i += 1 + Math.floor(Math.log(1 - generator.uniform()) / logKept);
          if (i >= mask.length) break;
          mask[i] = 0;
        }
        take(pass, layer, critic, mask);
      }
    });
  }
}
