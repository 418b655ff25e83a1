import { z } from 'zod';
import { InputError, nearestMatch } from '../base/errors.ts';
import { checkExchange } from './exchange/check-exchange.ts';
import { SELF_TRADE_MODES, TIMES_IN_FORCE } from './exchange/models.ts';
import {
  DEFAULT_LANE,
  DEFAULT_MARKET_MAKING,
  FEE_MODELS,
  LATENCY_MODELS,
  type LaneSettings,
  type MarketMakingSettings,
  QUEUE_MODELS,
} from './settings.ts';

const positive = z.number().positive();
const notNegative = z.number().min(0);

const milliseconds = notNegative.max(60_000);
const share = z.number().min(0).max(1);
const bps = z.number().min(-100).max(1000);

const latencySchema = z.strictObject({
  model: z.enum(LATENCY_MODELS).optional(),
  entryMs: milliseconds,
  responseMs: milliseconds,
  feedMs: milliseconds.optional(),
  sigma: notNegative.max(5).optional(),
  jitterMs: milliseconds.optional(),
  spikeProbability: share.optional(),
  spikeMs: milliseconds.optional(),
  spikeDurationMs: positive.max(3_600_000).optional(),
  scale: positive.max(1000).optional(),
  file: z.string().min(1).nullable().optional(),
  timeoutMs: milliseconds.optional(),
  inOrder: z.boolean().optional(),
});

const feeSchema = z.strictObject({
  model: z.enum(FEE_MODELS).optional(),
  makerBps: bps,
  takerBps: bps,
  makerPerUnit: z.number().optional(),
  takerPerUnit: z.number().optional(),
  tier: z.string().nullable().optional(),
  bnb: z.boolean().optional(),
  startingVolume: notNegative.optional(),
  tiers: z
    .array(z.strictObject({ volume: notNegative, makerBps: bps, takerBps: bps }))
    .readonly()
    .optional(),
});

export const laneSchema = z.strictObject({
  lot: positive.nullable(),
  maxInventory: positive,
  latency: latencySchema,
  queue: z.strictObject({
    model: z.enum(QUEUE_MODELS),
    exponent: positive,
    fifoShare: share.optional(),
  }),
  fees: feeSchema,
  timeInForce: z.enum(TIMES_IN_FORCE).optional(),
  selfTrade: z.enum(SELF_TRADE_MODES).optional(),
  minQuantity: notNegative.nullable().optional(),
  minNotional: notNegative.nullable().optional(),
  impact: z.strictObject({ share, decayMs: positive.max(86_400_000) }).optional(),
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
  const settings = complete<LaneSettings>(laneSchema, DEFAULT_LANE, given, 'lane');
  checkExchange(settings);
  return settings;
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
