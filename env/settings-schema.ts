import { z } from 'zod';
import { InputError, nearestMatch } from '../base/errors.ts';
import {
  DEFAULT_LANE,
  DEFAULT_MARKET_MAKING,
  type LaneSettings,
  type MarketMakingSettings,
} from './settings.ts';

const positive = z.number().positive();
const notNegative = z.number().min(0);

export const laneSchema = z.strictObject({
  lot: positive.nullable(),
  maxInventory: positive,
  latency: z.strictObject({ entryMs: notNegative.max(60_000), responseMs: notNegative.max(60_000) }),
  queue: z.strictObject({ model: z.enum(['power', 'log', 'log2', 'risk-averse']), exponent: positive }),
  fees: z.strictObject({
    makerBps: z.number().min(-100).max(1000),
    takerBps: z.number().min(-100).max(1000),
  }),
  decisionIntervalMs: positive.max(60_000),
});

export const marketMakingSchema = z.strictObject({
  anchor: z.enum(['v15', 'v1', 'mid']),
  episodeSeconds: positive,
  warmupSeconds: notNegative,
  centreShiftTicks: positive,
  logSpreadRange: positive,
  reward: z.strictObject({
    scale: positive.nullable(),
    inventoryPenalty: notNegative,
    cancelPenalty: notNegative,
    latencyPenalty: notNegative,
    latencyBudgetMs: notNegative,
  }),
});

/** Lane settings with what is missing in `given` taken from the defaults. Throws an InputError naming the key. */
export function completeLane(given: unknown): LaneSettings {
  return complete(laneSchema, DEFAULT_LANE, given, 'lane');
}

/** Market-making settings with what is missing in `given` taken from the defaults. */
export function completeMarketMaking(given: unknown): MarketMakingSettings {
  return complete(marketMakingSchema, DEFAULT_MARKET_MAKING, given, 'marketMaking');
}

function complete<Settings extends object>(
  schema: z.ZodType<Settings>,
  defaults: Settings,
  given: unknown,
  name: string,
): Settings {
  const result = schema.safeParse(merge(defaults, given ?? {}, name));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = [name, ...issue.path].join('.');
  throw new InputError({
    code: 'bad-option',
    message: `Option ${field} is not usable: ${issue.message}.`,
    field,
    expected: issue.message,
  });
}

/** `given` laid over `defaults`, objects within objects too. Throws an InputError for a key that is not a default. */
function merge(defaults: object, given: unknown, path: string): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const known = Object.keys(defaults);
  const result: Record<string, unknown> = { ...defaults };
  for (const [key, value] of Object.entries(given)) {
    if (!known.includes(key)) {
      const near = nearestMatch(key, known);
      throw new InputError({
        code: 'unknown-key',
        message: `Unknown option "${path}.${key}".`,
        field: `${path}.${key}`,
        value,
        expected: `one of ${known.join(', ')}`,
        hint: near === undefined ? undefined : `Did you mean "${path}.${near}"?`,
      });
    }
    const current = result[key];
    const nested = typeof current === 'object' && current !== null;
    result[key] = nested ? merge(current, value, `${path}.${key}`) : value;
  }
  return result;
}
