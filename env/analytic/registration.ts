import { InputError, unknownName } from '../../base/errors.ts';
import { checkOptionKeys } from '../options.ts';
import { type EnvOptions, register } from '../registry.ts';
import { AnalyticEnv } from './environment.ts';
import {
  type AnalyticMarketSettings,
  AVELLANEDA_STOIKOV_MARKET,
  CARTEA_JAIMUNGAL_MARKET,
  completeMarket,
  GLFT_MARKET,
  MARKET_KEYS,
} from './settings.ts';
import type { ActionRange } from './task.ts';
import { AnalyticVectorEnv } from './vector-environment.ts';

interface Preset {
  readonly market: AnalyticMarketSettings;
  readonly action: ActionRange;
}

/** Environments by id: their market, and the distances that quotes may take. */
export const ANALYTIC_PRESETS: Readonly<Record<string, Preset>> = {
  'AvellanedaStoikov-v0': {
    market: AVELLANEDA_STOIKOV_MARKET,
    action: { minDistance: -1, maxDistance: 3 },
  },
  'GueantLehalleFernandezTapia-v0': { market: GLFT_MARKET, action: { minDistance: -50, maxDistance: 100 } },
  'CarteaJaimungal-v0': { market: CARTEA_JAIMUNGAL_MARKET, action: { minDistance: 0, maxDistance: 3 } },
};

const KEYS = [...MARKET_KEYS, 'minDistance', 'maxDistance', 'seed'];

// Importing this module makes the three known to `make`.
for (const id of Object.keys(ANALYTIC_PRESETS))
  register(id, (options) => new AnalyticEnv(complete(id, options)));

/**
 * `count` paths of one of the presets stepped together. Options as for `make`. Throws an InputError for an unknown id,
 * naming the nearest.
 */
export function makeAnalyticVector(id: string, count: number, options: EnvOptions = {}): AnalyticVectorEnv {
  return new AnalyticVectorEnv({ ...complete(id, options), count });
}

function complete(id: string, options: EnvOptions) {
  if (!Object.hasOwn(ANALYTIC_PRESETS, id)) {
    throw unknownName('environment', id, Object.keys(ANALYTIC_PRESETS));
  }
  checkOptionKeys(id, options, KEYS);
  const preset = ANALYTIC_PRESETS[id];
  const { minDistance, maxDistance, seed, ...market } = options;
  return {
    id,
    market: completeMarket(id, market, preset.market),
    action: {
      minDistance: (minDistance ?? preset.action.minDistance) as number,
      maxDistance: (maxDistance ?? preset.action.maxDistance) as number,
    },
    seed: checkSeed(id, seed),
  };
}

function checkSeed(id: string, seed: unknown): number | undefined {
  if (seed === undefined || (typeof seed === 'number' && Number.isSafeInteger(seed) && seed >= 0))
    return seed;
  throw new InputError({
    code: 'bad-option',
    message: `${id}: option seed is not usable.`,
    field: 'seed',
    value: seed,
    expected: 'a whole number of at least 0',
  });
}
