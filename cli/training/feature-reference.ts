import { loadPolicy } from '../../checkpoints/policy.ts';
import type { TrainingFeature } from '../../checkpoints/policy-manifest.ts';
import { OBSERVATION_NAMES, OBSERVATION_SIZE, OWN_FEATURES } from '../../env/market-making/observation.ts';
import { ObservationSample } from '../../env/observation-sample.ts';
import { featureStatistics } from '../../training/feature-statistics.ts';
import type { SAC } from '../../training/sac.ts';

/**
 * What live features will be compared with. The market's own are taken from training: they do not depend on who trades,
 * and training has seen most of them. Those that follow from the agent's doing (inventory, queue positions, …) are taken
 * from the latest evaluation, where the policy acted as it will act live: without noise, without warm-up, with the shift
 * it is allowed at the end.
 */
export class FeatureReference {
  #own: readonly (TrainingFeature | undefined)[] = [];

  /** `checkpoint`: the one that training goes on from, whose latest evaluation still holds. */
  constructor(checkpoint?: string) {
    if (checkpoint === undefined) return;
    const { training } = loadPolicy(checkpoint).manifest.observation;
    this.#own = OBSERVATION_NAMES.map((_, i) =>
      training?.[i]?.seen === 'selection' ? training[i] : undefined,
    );
  }

  /** Takes note of what a policy saw while it was judged. */
  evaluated(sample: ObservationSample): void {
    this.#own = OBSERVATION_NAMES.map((name, i) => {
      const distribution = OWN_FEATURES.includes(name) ? sample.describe(i) : undefined;
      return distribution === undefined ? undefined : { ...distribution, seen: 'selection' };
    });
  }

  /** A sample to be given to {@link evaluated}. */
  static sample(): ObservationSample {
    return new ObservationSample(OBSERVATION_SIZE);
  }

  describe(sac: SAC): readonly TrainingFeature[] | undefined {
    return featureStatistics(sac.buffer)?.map(
      (distribution, i): TrainingFeature => this.#own[i] ?? { ...distribution, seen: 'training' },
    );
  }
}
