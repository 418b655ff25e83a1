import { MarketMakingEnv } from '../../env/market-making/environment.ts';
import { MarketMakingVectorEnv } from '../../env/market-making/vector-environment.ts';
import type { Config } from '../config.ts';
import { openReplay, type Stretch } from './data.ts';
import { anchorOf, protect } from './quoters.ts';

/** What `train` trains in: one agent, or several on one pass over the tape. */
export type TrainingEnv = MarketMakingEnv | MarketMakingVectorEnv;

export function trainingEnvironment(
  run: string,
  stretch: Stretch,
  config: Config,
  agents: number,
): TrainingEnv {
  const anchor = anchorOf(config);
  const options = {
    replay: openReplay(run, stretch, config.marketMaking.warmupSeconds),
    lane: config.lane,
    marketMaking: config.marketMaking,
    start: stretch.start,
    end: stretch.end,
  };
  if (agents === 1) {
    return new MarketMakingEnv({
      ...options,
      anchor: anchor.create(),
      protect: (inner) => protect(config, inner),
    });
  }
  return new MarketMakingVectorEnv({
    ...options,
    count: agents,
    anchor: () => anchor.create(),
    protect: (inner) => protect(config, inner),
  });
}
