import { unknownName } from '../../base/errors.ts';
import type { FeeTier } from '../settings.ts';

/** A schedule of Binance: tiers VIP 0 to VIP 9 by 30-day volume in USD, and the discount for fees paid in BNB. */
export interface BinanceSchedule {
  readonly tiers: readonly FeeTier[];
  readonly bnbDiscount: number;
}

/**
 * Binance's fees as its pages (binance.com/en/fee/trading, binance.com/en/fee/futureFee) listed them in 2025, USDT pairs;
 * spot VIP 4 to 8 with the reductions that began on 2024-07-18; before programmes for liquidity providers. From VIP 1 on
 * Binance also asks for a BNB balance (25 to 5500 BNB), which is taken to be there. docs/exchange/fees.md.
 */
export const BINANCE_SCHEDULES = {
  'binance-spot': {
    bnbDiscount: 0.25,
    tiers: [
      { volume: 0, makerBps: 10, takerBps: 10 },
      { volume: 1e6, makerBps: 9, takerBps: 10 },
      { volume: 5e6, makerBps: 8, takerBps: 10 },
      { volume: 20e6, makerBps: 4, takerBps: 6 },
      { volume: 75e6, makerBps: 4, takerBps: 5.2 },
      { volume: 150e6, makerBps: 2.5, takerBps: 3.1 },
      { volume: 400e6, makerBps: 2, takerBps: 2.9 },
      { volume: 800e6, makerBps: 1.9, takerBps: 2.8 },
      { volume: 2e9, makerBps: 1.6, takerBps: 2.5 },
      { volume: 4e9, makerBps: 1.1, takerBps: 2.3 },
    ],
  },
  'binance-usdm': {
    bnbDiscount: 0.1,
    tiers: [
      { volume: 0, makerBps: 2, takerBps: 5 },
      { volume: 15e6, makerBps: 1.6, takerBps: 4 },
      { volume: 50e6, makerBps: 1.4, takerBps: 3.5 },
      { volume: 100e6, makerBps: 1.2, takerBps: 3.2 },
      { volume: 600e6, makerBps: 1, takerBps: 3 },
      { volume: 1e9, makerBps: 0.8, takerBps: 2.7 },
      { volume: 2.5e9, makerBps: 0.6, takerBps: 2.5 },
      { volume: 5e9, makerBps: 0.4, takerBps: 2.2 },
      { volume: 12.5e9, makerBps: 0.2, takerBps: 2 },
      { volume: 25e9, makerBps: 0, takerBps: 1.7 },
    ],
  },
} as const satisfies Readonly<Record<string, BinanceSchedule>>;

export const BINANCE_TIERS = Array.from({ length: 10 }, (_, level) => `vip${level}`);

/** A tier by its name, such as `vip3`. Throws an InputError with the nearest for another. */
export function binanceTier(schedule: BinanceSchedule, name: string): FeeTier {
  const level = BINANCE_TIERS.indexOf(name.toLowerCase());
  if (level < 0) throw unknownName('fee tier', name, BINANCE_TIERS, 'lane.fees.tier');
  return schedule.tiers[level];
}
