import { InputError, unknownName } from '../../base/errors.ts';
import { DEFAULT_LANE, FEE_MODELS, type FeeSettings, type FeeTier } from '../settings.ts';
import { BasisPointFees, QuantityFees } from './fees.ts';
import { BINANCE_SCHEDULES, binanceTier } from './fees-binance.ts';
import { TieredFees } from './fees-tiered.ts';
import type { FeeModel } from './models.ts';

/**
 * The fee model that settings name, a new one for each lane. Throws an InputError for an unknown model or tier (with the
 * nearest), and for tiers out of order.
 */
export function createFeeModel(settings: FeeSettings): FeeModel {
  const all = { ...DEFAULT_LANE.fees, ...settings };
  switch (all.model) {
    case 'bps':
      return new BasisPointFees(all.makerBps, all.takerBps);
    case 'quantity':
      return new QuantityFees(all.makerPerUnit, all.takerPerUnit);
    case 'tiers':
      return tiered('tiers', all, checkTiers(all.tiers), 1);
    case 'binance-spot':
    case 'binance-usdm': {
      const schedule = BINANCE_SCHEDULES[all.model];
      const factor = all.bnb ? 1 - schedule.bnbDiscount : 1;
      if (all.tier === null) return tiered(all.model, all, schedule.tiers, factor);
      const { makerBps, takerBps } = binanceTier(schedule, all.tier);
      return new BasisPointFees(makerBps * factor, takerBps * factor);
    }
    default:
      throw unknownName('fee model', String(all.model), FEE_MODELS);
  }
}

function tiered(
  model: string,
  { startingVolume }: Required<FeeSettings>,
  tiers: readonly FeeTier[],
  factor: number,
): FeeModel {
  if (!(startingVolume >= 0) || !Number.isFinite(startingVolume)) {
    throw badFees('startingVolume', startingVolume, 'a volume of at least 0, in quote currency');
  }
  return new TieredFees({ name: `${model} by 30-day volume`, tiers, startingVolume, factor });
}

function checkTiers(tiers: readonly FeeTier[]): readonly FeeTier[] {
  const isRising = tiers.every(({ volume }, i) => i === 0 || volume > tiers[i - 1].volume);
  if (tiers.length > 0 && tiers[0].volume === 0 && isRising) return tiers;
  throw badFees(
    'tiers',
    tiers.map(({ volume }) => volume),
    'at least one tier, the first from a volume of 0, each from a larger one than that before',
  );
}

function badFees(key: keyof FeeSettings, value: unknown, expected: string): InputError {
  return new InputError({
    code: 'bad-fees',
    message: `Fees with these ${key} are not possible.`,
    field: `lane.fees.${key}`,
    value,
    expected,
    hint: 'tiers is a list of {volume, makerBps, takerBps} in a --config file.',
  });
}
