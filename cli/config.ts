import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { DEFAULT_FIXED, DEFAULT_V1, DEFAULT_V15 } from '../agents/parameters.ts';
import { readDecompressed } from '../base/decompress.ts';
import { InputError, nearestMatch } from '../base/errors.ts';
import { requireFile } from '../base/files.ts';
import { checkExchange } from '../env/exchange/check-exchange.ts';
import { DEFAULT_LANE, DEFAULT_MARKET_MAKING } from '../env/settings.ts';
import { laneSchema, marketMakingSchema } from '../env/settings-schema.ts';
import { DEFAULT_DRIFT } from '../evaluation/drift-settings.ts';
import { DEFAULT_EVALUATION, SHORTEST_SHARPE_INTERVAL } from '../evaluation/settings.ts';
import { DEFAULT_FALLBACK } from '../safety/fallback.ts';
import { DEFAULT_SAFETY } from '../safety/limits.ts';
import { DEFAULT_SAC, DEFAULT_TRAINING } from '../training/settings.ts';
import { DEFAULT_SEED } from './arguments.ts';

const positive = z.number().positive();
const share = z.number().min(0).max(1);
const whole = z.int().min(0);
const count = z.int().min(1);

const v1Schema = z.strictObject({
  gamma: positive,
  k: positive,
  horizonSeconds: z.number().min(0),
  betaOfi: z.number(),
  includeRiskTerm: z.boolean(),
  volatilityJump: positive,
  volatilityWidening: z.number().min(1),
  maxAckP99Ms: positive,
});

const v15Schema = v1Schema.extend({
  betaDi: z.number(),
  kappaInventory: z.number().min(0),
  kappaVolatility: z.number().min(0),
  maxOffset: z.number().min(0),
  minSpread: positive,
  maxQuoteAgeMs: positive,
  replaceUnchanged: z.boolean(),
});

const safetySchema = z.strictObject({
  maxOffset: z.number().min(0),
  maxOffsetStep: positive,
  minSpread: positive,
  minQuoteLifeMs: z.number().min(0),
  maxAckP99Ms: positive,
});

const sacSchema = z.strictObject({
  hidden: z.array(count.max(8192)).min(1),
  batchSize: count.max(65_536),
  learningRate: positive.max(1),
  adamEpsilon: positive,
  tau: positive.max(1),
  discount: share,
  targetEntropy: z.number().nullable(),
  initialTemperature: positive,
  entropyBackup: z.boolean(),
  varianceWeight: z.number().min(0),
  varianceLoss: z.enum(['qlike', 'mse']),
  varianceClip: positive,
  kappaMax: z.number().min(0),
  kappaRampUpdates: whole,
  criticLayerNorm: z.boolean(),
  criticDropout: z.number().min(0).max(0.9),
});

const trainingSchema = z.strictObject({
  bufferSize: count.max(1_000_000_000),
  learningStarts: whole,
  updatesPerStep: z.number().min(0).max(64),
  evaluateEvery: whole,
  evaluationSeconds: positive,
  checkpointEvery: whole,
  checkpointsKept: count,
  logEvery: count,
  normaliseObservations: z.boolean(),
  curriculum: z
    .strictObject({ startTicks: positive, endTicks: positive, widenAt: share, widenedAt: share })
    .refine(({ startTicks, endTicks }) => startTicks <= endTicks, {
      path: ['startTicks'],
      message: 'expected number to be <=endTicks',
    })
    .refine(({ widenAt, widenedAt }) => widenAt <= widenedAt, {
      path: ['widenAt'],
      message: 'expected number to be <=widenedAt',
    }),
  earlyStop: z.strictObject({ window: whole, tolerance: z.number().min(0) }),
  projectionPenalty: z.number().min(0),
});

const evaluationSchema = z.strictObject({
  sharpeIntervalSeconds: z.number().min(SHORTEST_SHARPE_INTERVAL),
  blockSeconds: positive,
  resamples: count.max(1_000_000),
  significance: positive.max(0.5),
});

const driftSchema = z
  .strictObject({
    windowSeconds: positive,
    windowDecisions: count,
    minimumDecisions: count,
    watch: positive,
    alarm: positive,
    meanShift: positive,
    deviationRatio: positive,
  })
  .refine(({ watch, alarm }) => watch <= alarm, {
    path: ['watch'],
    message: 'expected number to be <=alarm',
  });

const shadowSchema = z.strictObject({
  staleBookMs: positive,
  escalateAfterMs: positive,
  recoverAfterMs: z.number().min(0),
  decisionBudgetMs: positive,
  maxLatenessMs: positive,
  maxRoundTripMs: positive,
  drift: driftSchema,
});

const configSchema = z.strictObject({
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  lane: laneSchema,
  marketMaking: marketMakingSchema,
  agents: z.strictObject({ v1: v1Schema, v15: v15Schema, fixed: z.strictObject({ spread: positive }) }),
  safety: safetySchema,
  sac: sacSchema,
  training: trainingSchema,
  evaluation: evaluationSchema,
  shadow: shadowSchema,
});

/** The whole configuration: what `--config FILE` and `--set path=value` may name. */
export type Config = z.infer<typeof configSchema>;

export const DEFAULT_CONFIG: Config = {
  seed: DEFAULT_SEED,
  lane: DEFAULT_LANE,
  marketMaking: DEFAULT_MARKET_MAKING,
  agents: { v1: DEFAULT_V1, v15: DEFAULT_V15, fixed: DEFAULT_FIXED },
  safety: DEFAULT_SAFETY,
  sac: DEFAULT_SAC as Config['sac'],
  training: DEFAULT_TRAINING,
  evaluation: DEFAULT_EVALUATION,
  shadow: { ...DEFAULT_FALLBACK, drift: DEFAULT_DRIFT },
};

/** A nested object of plain settings on its way to becoming a {@link Config}. */
export type Settings = { [key: string]: unknown };

/** Reads a JSON or YAML configuration file. Its keys are checked when the configuration is resolved. */
export function readConfigFile(path: string): Settings {
  requireFile(path, 'config');
  let parsed: unknown;
  try {
    const chunks: Uint8Array[] = [];
    readDecompressed(path, 'config', (chunk) => chunks.push(chunk));
    parsed = parseYaml(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError({
      code: 'bad-config',
      message: `${path} is neither JSON nor YAML: ${(error as Error).message.split('\n')[0]}`,
      field: 'config',
      value: path,
      hint: 'Mend the file at the place named.',
    });
  }
  if (parsed === null || parsed === undefined) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new InputError({
      code: 'bad-config',
      message: `${path} does not hold an object of settings.`,
      field: 'config',
      value: path,
      expected: 'keys such as lane, sac, training',
    });
  }
  return parsed as Settings;
}

/** Reads one `--set path=value`; the value is read as YAML, so numbers, booleans, null and lists work. */
export function parseAssignment(text: string): { readonly path: string; readonly value: unknown } {
  const equals = text.indexOf('=');
  if (equals <= 0) {
    throw new InputError({
      code: 'bad-set',
      message: `--set ${text} has no "path=value".`,
      field: 'set',
      value: text,
      expected: 'path=value',
      hint: 'Write it like --set sac.learningRate=1e-3.',
    });
  }
  return { path: text.slice(0, equals).trim(), value: parseYamlValue(text.slice(equals + 1)) };
}

function parseYamlValue(text: string): unknown {
  // YAML 1.2 core reads 1e-3 as a number only with a dot; people mean a number.
  if (/^[+-]?\d+(\.\d*)?e[+-]?\d+$/i.test(text.trim())) return Number(text);
  try {
    return parseYaml(text);
  } catch {
    return text;
  }
}

/** Sets `path` (dotted) in nested settings. */
export function assign(settings: Settings, path: string, value: unknown): void {
  const keys = path.split('.');
  if (keys.includes('__proto__')) throw unknownKey(path, '__proto__', value, []);
  let node = settings;
  for (const key of keys.slice(0, -1)) {
    const next = Object.hasOwn(node, key) ? node[key] : undefined;
    node[key] = typeof next === 'object' && next !== null && !Array.isArray(next) ? { ...next } : {};
    node = node[key] as Settings;
  }
  node[keys[keys.length - 1]] = value;
}

/** Lays `settings` over `base` (the defaults) and checks the result. Throws an InputError naming the key. */
export function resolveConfig(settings: Settings, base: Config = DEFAULT_CONFIG): Config {
  const merged = merge(base as unknown as Settings, settings, '');
  const result = configSchema.safeParse(merged);
  if (result.success) {
    checkExchange(result.data.lane);
    return result.data;
  }
  const issue = result.error.issues[0];
  const path = issue.path.join('.');
  const value = issue.path.reduce<unknown>(
    (node, key) => (node as Settings | undefined)?.[String(key)],
    merged,
  );
  // zod says "Invalid input: expected number, received string".
  const expected = issue.message.replace(/^(Invalid (input|option)|Too (small|big)): /, '');
  const near =
    issue.code === 'invalid_value' ? nearestMatch(String(value), issue.values.map(String)) : undefined;
  throw new InputError({
    code: 'bad-config',
    message: `Setting ${path} is not usable: ${expected}.`,
    field: path,
    value,
    expected: expected.replace(/^expected /, '').replace(/, received .*$/, ''),
    hint:
      near === undefined ? `Set it with --set ${path}=… or in the --config file.` : `Did you mean "${near}"?`,
  });
}

function merge(base: Settings, over: Settings, prefix: string): Settings {
  const result: Settings = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (!Object.hasOwn(base, key)) throw unknownKey(path, key, value, Object.keys(base));
    const current = base[key];
    const nested = typeof current === 'object' && current !== null && !Array.isArray(current);
    if (nested && typeof value === 'object' && value !== null && !Array.isArray(value)) {
      result[key] = merge(current as Settings, value as Settings, path);
    } else {
      result[key] = value;
    }
  }
  return result;
}

function unknownKey(path: string, key: string, value: unknown, known: readonly string[]): InputError {
  const near = nearestMatch(key, known);
  const sibling = near === undefined ? undefined : `${path.slice(0, path.length - key.length)}${near}`;
  return new InputError({
    code: 'unknown-key',
    message: `Unknown setting "${path}".`,
    field: path,
    value,
    expected: known.length === 0 ? undefined : `one of ${known.join(', ')}`,
    hint: sibling === undefined ? undefined : `Did you mean "${sibling}"?`,
  });
}
