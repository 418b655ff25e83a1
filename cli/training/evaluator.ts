import { PolicyQuoter } from '../../agents/sac/policy-quoter.ts';
import { actorWeights, type PolicyDescription } from '../../checkpoints/policy.ts';
import { Lane } from '../../env/lane.ts';
import { resolveLot } from '../../env/lot.ts';
import type { Quoter } from '../../env/quoter.ts';
import { runSession } from '../../env/session.ts';
import { KpiRecorder } from '../../evaluation/kpi-recorder.ts';
import type { Kpis } from '../../evaluation/kpis.ts';
import type { TapeReplay } from '../../market/replay.ts';
import type { Evaluator } from '../../training/callbacks.ts';
import type { Config } from '../config.ts';
import { openReplay, type Stretch } from './data.ts';
import { FeatureReference } from './feature-reference.ts';
import { anchorOf, protect } from './quoters.ts';
import { RewardScore } from './score.ts';

interface Judged {
  readonly score: number;
  readonly kpis: Kpis;
}

/**
 * Judges a policy as `backtest` would: without noise, behind its safety layer, over the selection stretch. The score is
 * the reward of an average episode's length. The anchor alone is judged once beside it, so that the log shows what
 * the policy adds.
 */
export function evaluatorOn(
  run: string,
  stretch: Stretch,
  config: Config,
  features: FeatureReference,
): Evaluator {
  const anchor = anchorOf(config);
  let anchored: Judged | undefined;
  return async (sac) => {
    const weights = actorWeights(await sac.weights());
    const description = sac.describePolicy() as PolicyDescription;
    const quoter = new PolicyQuoter(weights, description, anchor.create());
    const quoters = [protect(config, quoter)];
    if (anchored === undefined) quoters.push(protect(config, anchor.create()));
    const replay = openReplay(run, stretch, config.marketMaking.warmupSeconds);
    try {
      const sample = FeatureReference.sample();
      const observe = () => sample.observe(quoter.observation);
      const [policy, baseline] = await judge(replay, quoters, stretch, config, observe);
      features.evaluated(sample);
      anchored = baseline ?? (anchored as Judged);
      const metrics: Record<string, number> = {
        anchor_score: anchored.score,
        score_over_anchor: policy.score - anchored.score,
      };
      if (anchored.kpis.pnl !== null) metrics.anchor_pnl = anchored.kpis.pnl;
      for (const [name, value] of Object.entries(policy.kpis)) {
        if (value !== null) metrics[name] = value;
      }
      return { score: policy.score, metrics };
    } finally {
      replay.close();
    }
  };
}

async function judge(
  replay: TapeReplay,
  quoters: readonly Quoter[],
  stretch: Stretch,
  config: Config,
  observe: () => void,
): Promise<readonly Judged[]> {
  const { instrument } = replay;
  const lot = resolveLot(config.lane, instrument, replay.firstMid());
  const judged = quoters.map((quoter, i) => {
    const score = new RewardScore(config.lane, config.marketMaking, lot * instrument.tickSize);
    const kpis = new KpiRecorder({
      instrument,
      sharpeIntervalSeconds: config.evaluation.sharpeIntervalSeconds,
      spans: replay.spans,
    });
    const lane = new Lane({
      instrument,
      settings: config.lane,
      lot,
      seed: config.seed,
      sessionEnd: stretch.end,
      listeners: i === 0 ? [score, kpis, { onDecision: observe }] : [score, kpis],
    });
    return { lane, quoter, score, kpis };
  });
  await runSession({ replay, lanes: judged, start: stretch.start, end: stretch.end });
  return judged.map(({ score, kpis }) => ({ score: score.perEpisode, kpis: kpis.result() }));
}
