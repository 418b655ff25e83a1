import { checkOptionKeys } from '../options.ts';
import { ARRIVAL_RULES } from './arrivals.ts';
import { badValue, checkPart, checkSettings, type Rules } from './check-part.ts';
import { FILL_RULES } from './fills.ts';
import { MID_PRICE_RULES } from './mid-price.ts';
import { REWARD_RULES } from './rewards.ts';

/** A part by its name with those of its parameters that differ from their defaults, e.g. `{ process: 'heston' }`. */
export type PartSettings = Readonly<Record<string, number | string>>;

/**
 * A simulated market: the four parts, how long an episode lasts and in how many steps, and how quotes are limited.
 * Prices, distances and volatilities are in one price unit; times, rates and volatilities in one unit of time.
 */
export interface AnalyticMarketSettings {
  /** `process`: brownian, jump-diffusion, ornstein-uhlenbeck or heston. */
  readonly midPrice: PartSettings;
  /** `process`: poisson or hawkes. */
  readonly arrivals: PartSettings;
  /** `function`: exponential or power. */
  readonly fills: PartSettings;
  /** `kind`: pnl, running-inventory-penalty or exponential-utility. */
  readonly reward: PartSettings;
  /** T. */
  readonly duration: number;
  /** dt. */
  readonly timeStep: number;
  readonly initialMid: number;
  /** A side whose fill would take |q| beyond this many lots is not filled. */
  readonly maxInventory: number;
}

/** The market of Avellaneda and Stoikov (2008, section 3.3). */
export const AVELLANEDA_STOIKOV_MARKET: AnalyticMarketSettings = {
  midPrice: { process: 'brownian', volatility: 2 },
  arrivals: { process: 'poisson', rate: 140 },
  fills: { function: 'exponential', decay: 1.5 },
  reward: { kind: 'exponential-utility', riskAversion: 0.1 },
  duration: 1,
  timeStep: 0.005,
  initialMid: 100,
  maxInventory: 1000,
};

/**
 * A market with the parameters that Guéant, Lehalle and Fernandez-Tapia's asymptotic formulas are usually shown with, in
 * ticks and seconds, and the penalty ½γσ²q² of their risk-neutral variant.
 */
export const GLFT_MARKET: AnalyticMarketSettings = {
  midPrice: { process: 'brownian', volatility: 10.69 },
  arrivals: { process: 'poisson', rate: 2.986162360812285 },
  fills: { function: 'exponential', decay: 0.04235741115084049 },
  reward: { kind: 'running-inventory-penalty', running: (0.05 * 10.69 ** 2) / 2, terminal: 0 },
  duration: 60,
  timeStep: 0.1,
  initialMid: 10_000,
  maxInventory: 50,
};

/** The market of Cartea, Jaimungal and Penalva (2015, section 10.2) with the parameters of the reference figures. */
export const CARTEA_JAIMUNGAL_MARKET: AnalyticMarketSettings = {
  ...AVELLANEDA_STOIKOV_MARKET,
  reward: { kind: 'running-inventory-penalty', running: 0.01, terminal: 0.001 },
  maxInventory: 100,
};

const NUMBERS: Rules = {
  duration: { above: 0 },
  timeStep: { above: 0 },
  initialMid: {},
  maxInventory: { from: 1, integer: true },
};

const PARTS = ['midPrice', 'arrivals', 'fills', 'reward'] as const;

type Checked = ReturnType<typeof checkPart>;

const JUMPS_A_STEP = 1000;

export interface CheckedMarket {
  readonly midPrice: Checked;
  readonly arrivals: Checked;
  readonly fills: Checked;
  readonly reward: Checked;
  readonly duration: number;
  readonly timeStep: number;
  readonly initialMid: number;
  readonly maxInventory: number;
  /** duration ÷ timeStep. */
  readonly steps: number;
}

export const MARKET_KEYS: readonly string[] = [...PARTS, ...Object.keys(NUMBERS)];

/**
 * Lays `given` over `base`. A part given without its name keeps the base's part and changes its parameters; with another
 * name it replaces it. Throws an InputError for a key it does not know.
 */
export function completeMarket(
  id: string,
  given: Readonly<Record<string, unknown>>,
  base: AnalyticMarketSettings,
): AnalyticMarketSettings {
  checkOptionKeys(id, given, MARKET_KEYS);
  const merged: Record<string, unknown> = { ...base, ...given };
  for (const key of PARTS) {
    const over = given[key];
    if (typeof over !== 'object' || over === null || Array.isArray(over)) continue;
    const under = base[key];
    const name = ['process', 'function', 'kind'].find((each) => each in under) as string;
    const other = name in over && (over as PartSettings)[name] !== under[name];
    merged[key] = other ? over : { ...under, ...over };
  }
  return merged as unknown as AnalyticMarketSettings;
}

/** Checks every part and number, and completes parts by their defaults. */
export function checkMarket(market: AnalyticMarketSettings): CheckedMarket {
  const { midPrice, arrivals, fills, reward, ...numbers } = market;
  const checked = checkSettings('market', numbers, NUMBERS) as unknown as Omit<
    CheckedMarket,
    (typeof PARTS)[number]
  >;
  const steps = Math.round(checked.duration / checked.timeStep);
  if (Math.abs(steps * checked.timeStep - checked.duration) > 1e-9 * checked.duration || steps < 1) {
    throw badValue('market.timeStep', checked.timeStep, `a whole part of the duration ${checked.duration}`);
  }
  const checkedPrice = checkPart('midPrice', midPrice, 'process', MID_PRICE_RULES);
  checkJumps(checkedPrice, checked.timeStep);
  return {
    ...checked,
    steps,
    midPrice: checkedPrice,
    arrivals: checkPart('arrivals', arrivals, 'process', ARRIVAL_RULES),
    fills: checkPart('fills', fills, 'function', FILL_RULES),
    reward: checkPart('reward', reward, 'kind', REWARD_RULES),
  };
}

/** Each jump is drawn by itself: with a million in a step an episode would not end. */
function checkJumps({ name, settings }: Checked, timeStep: number): void {
  const most = JUMPS_A_STEP / timeStep;
  if (name !== 'jump-diffusion' || (settings.jumpRate as number) <= most) return;
  throw badValue(
    'midPrice.jumpRate',
    settings.jumpRate,
    `at most ${most}, ${JUMPS_A_STEP} jumps a step`,
    'So many jumps are a diffusion: raise volatility instead.',
  );
}
