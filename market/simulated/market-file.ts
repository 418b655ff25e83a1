import { z } from 'zod';
import { readDecompressed } from '../../base/decompress.ts';
import { InputError } from '../../base/errors.ts';
import { requireFile, writeFileAtomic } from '../../base/files.ts';
import { formatTime, parseTime } from '../../base/time.ts';
import { VENUES } from '../instrument.ts';
import type { TapeInfo } from '../tape/rows.ts';
import type { FitErrors, MarketFit } from './fit/fit-market.ts';
import {
  DEEP_CLASSES,
  FARTHEST,
  type FittedParameters,
  SPREAD_CLASSES,
  TOUCH_CLASSES,
} from './fitted-parameters.ts';
import { branching, HAWKES_KERNELS } from './hawkes.ts';
import { QUANTILES } from './quantile-table.ts';

/** Version of the layout; a reader refuses any other. */
export const MARKET_FILE_VERSION = 1;
const FORMAT = 'makergym market';
/** Digits that parameters and standard errors are kept with. */
const DIGITS = 4;
const ERROR_DIGITS = 2;

/** Beyond these a slip of the pen, not a market: events a second, sizes in steps and distances in ticks. */
const FASTEST = 1e12;
const LARGEST = 1e15;
/** Prices are 32-bit integers, ticks; this leaves room to move in. */
const HIGHEST = 2e9;

const rate = z.number().min(0).max(FASTEST);
const share = z.number().min(0).max(1);
const list = (item: z.ZodType<number>, length: number) => z.array(item).length(length);
const rising = (item: z.ZodType<number>, length: number, what: string) =>
  list(item, length).refine((values) => values.every((value, i) => i === 0 || value >= values[i - 1]), {
    message: `expected ${what} that do not decrease`,
  });
const size = z.number().min(0).max(LARGEST);
const quantiles = rising(size, QUANTILES.length, 'quantiles');
const shares = rising(share, QUANTILES.length, 'quantiles of a share, 0 to 1,');
const edges = (classes: number) => rising(size, classes - 1, 'sizes');
/** What its exchange can write: eight decimals. */
const grid = z
  .number()
  .positive()
  .refine((step) => Math.abs(step * 1e8 - Math.round(step * 1e8)) <= 1e-6 * step * 1e8, {
    message: 'expected a multiple of 0.00000001',
  });
const kernels = list(rate, HAWKES_KERNELS);
const ordersSchema = z.strictObject({ base: rate, same: kernels, cross: kernels, decay: kernels });
const cells = z.array(list(rate, DEEP_CLASSES)).min(1);

const parametersSchema = z
  .strictObject({
    instrument: z.strictObject({
      venue: z.enum(VENUES),
      symbol: z.string().regex(/^[^\s"\\]+$/, { message: 'expected a symbol such as BTCUSDT' }),
      tickSize: grid,
      stepSize: grid,
    }),
    depthIntervalMs: z.int().min(1).max(60_000),
    startPrice: z.int().min(1).max(HIGHEST),
    touch: z.strictObject({
      edges: edges(TOUCH_CLASSES),
      limit: list(rate, TOUCH_CLASSES),
      cancel: list(rate, TOUCH_CLASSES),
      wipe: list(share, TOUCH_CLASSES),
      limitSize: z.array(quantiles).length(TOUCH_CLASSES),
      market: list(rate, TOUCH_CLASSES),
      marketSize: z.array(quantiles).length(TOUCH_CLASSES),
      sweep: list(share, TOUCH_CLASSES),
    }),
    deep: z.strictObject({
      bins: z.array(z.int().min(1).max(FARTHEST)).min(2).max(256),
      edges: edges(DEEP_CLASSES),
      limit: cells,
      cancel: cells,
      wipe: z.array(list(share, DEEP_CLASSES)).min(1),
      fresh: z.array(rate).min(1),
      occupancy: z.array(share).min(1),
      freshSize: z.array(quantiles).min(1),
      limitSize: quantiles,
      outerSize: quantiles,
    }),
    cancelShare: z.strictObject({ touch: shares, deep: shares }),
    spread: z.strictObject({
      follow: list(rate, SPREAD_CLASSES),
      back: list(rate, SPREAD_CLASSES),
      followFull: list(share, SPREAD_CLASSES),
      backFull: list(share, SPREAD_CLASSES),
      followShare: shares,
      backShare: shares,
      followSize: quantiles,
      backSize: quantiles,
    }),
    moves: z.strictObject({ afterTrade: quantiles, afterCancel: quantiles }),
    orders: ordersSchema.refine((orders) => branching(orders) < 1, {
      message: 'expected a branching ratio below 1, or order flow explodes',
    }),
  })
  .superRefine(({ touch, deep, orders }, context) => {
    const still = touch.limit.some(
      (limits, i) => limits + touch.cancel[i] + orders.base * touch.market[i] === 0,
    );
    if (still && deep.fresh.every((fresh) => fresh === 0)) {
      context.addIssue({
        code: 'custom',
        path: ['deep', 'fresh'],
        message: 'expected a rate above 0: nothing would ever happen',
      });
    }
    const rising = deep.bins.every((from, i) => i === 0 || from > deep.bins[i - 1]);
    if (!rising || deep.bins[0] !== 1) {
      context.addIssue({
        code: 'custom',
        path: ['deep', 'bins'],
        message: 'expected distances that rise from 1',
      });
    }
    for (const name of ['limit', 'cancel', 'wipe', 'fresh', 'occupancy', 'freshSize'] as const) {
      if (deep[name].length === deep.bins.length - 1) continue;
      context.addIssue({
        code: 'custom',
        path: ['deep', name],
        message: `expected one entry for each of ${deep.bins.length - 1} bins`,
      });
    }
  });

const fileSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(MARKET_FILE_VERSION),
  /** The recording that it was fitted to. */
  provenance: z.strictObject({
    source: z.array(z.string()),
    checksum: z.string(),
    start: z.string(),
    end: z.string(),
  }),
  parameters: parametersSchema,
  standardErrors: z.looseObject({}),
  goodness: z.looseObject({}),
});

/** A recording that a market was fitted to: times in µs. */
export interface FittedTo {
  readonly source: readonly string[];
  readonly checksum: string;
  readonly start: number;
  readonly end: number;
}

export interface MarketFile {
  readonly parameters: FittedParameters;
  readonly fittedTo: FittedTo;
}

/** What a fit is worth, as the file keeps it and the command prints it. */
export function goodnessOf({ events, theta, emptyingFactor, orderFactor, hawkes }: MarketFit) {
  return { ...events, theta, emptyingFactor, orderFactor, ...hawkes };
}

/** Writes a fit as a market file, rounded to what the errors leave meaning in; returns what is read back from it. */
export function writeMarketFile(
  path: string,
  fit: MarketFit,
  tape: TapeInfo,
  span: { start: number; end: number },
): MarketFile {
  const document = {
    format: FORMAT,
    version: MARKET_FILE_VERSION,
    provenance: {
      source: tape.source,
      checksum: tape.checksum,
      start: formatTime(span.start),
      end: formatTime(span.end),
    },
    parameters: rounded(fit.parameters, DIGITS),
    standardErrors: rounded<FitErrors>(fit.errors, ERROR_DIGITS),
    goodness: rounded(goodnessOf(fit), DIGITS),
  };
  const file = checked(path, document);
  writeFileAtomic(path, `${compact(document)}\n`);
  return file;
}

/** Reads a market file, plain or compressed. Throws an InputError for what is none, damaged, or of another version. */
export function readMarketFile(path: string): MarketFile {
  requireFile(path, 'market');
  const chunks: Uint8Array[] = [];
  let document: unknown;
  try {
    readDecompressed(path, 'market', (chunk) => chunks.push(chunk));
    document = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw foreign(path, (error as Error).message);
  }
  return checked(path, document);
}

function checked(path: string, document: unknown): MarketFile {
  const head = document as { format?: unknown; version?: unknown } | null;
  if (typeof head !== 'object' || head?.format !== FORMAT)
    throw foreign(path, 'it does not say that it is one');
  if (head.version !== MARKET_FILE_VERSION) {
    throw new InputError({
      code: 'market-version',
      message: `${path} is a market file of version ${String(head.version)}; this program reads version ${MARKET_FILE_VERSION}.`,
      field: 'market',
      value: head.version,
      expected: `version ${MARKET_FILE_VERSION}`,
      hint: 'Fit it again with this program: makergym fit-market TAPE --out FILE.',
    });
  }
  const result = fileSchema.safeParse(document);
  if (!result.success) throw damaged(path, document, result.error.issues[0]);
  const { provenance, parameters } = result.data;
  return {
    parameters,
    fittedTo: {
      source: provenance.source,
      checksum: provenance.checksum,
      start: parseTime(provenance.start, 'provenance.start'),
      end: parseTime(provenance.end, 'provenance.end'),
    },
  };
}

function damaged(file: string, document: unknown, issue: z.core.$ZodIssue): InputError {
  // A key that no market has is at fault itself, not the object that it is in.
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = unknown === undefined ? issue.path : [...issue.path, unknown];
  const field = path.join('.');
  const expected =
    unknown === undefined
      ? issue.message
          .replace(/^(Invalid input|Invalid option|Too small|Too big): /, '')
          .replace(/^expected /, '')
          .replace(/, received .*$/, '')
          .replace(/^int$/, 'a whole number')
      : 'no such key';
  return new InputError({
    code: 'bad-market',
    message: `${file} is damaged or was changed: ${field === '' ? 'the file' : field} is not what a market can be made of.`,
    field: field === '' ? 'market' : field,
    value: path.reduce<unknown>(
      (node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key],
      document,
    ),
    expected,
    hint: 'Mend the value, or fit the market again with makergym fit-market.',
  });
}

function foreign(path: string, reason: string): InputError {
  return new InputError({
    code: 'foreign-market',
    message: `${path} is no market file: ${reason}.`,
    field: 'market',
    value: path,
    expected: 'a file that `makergym fit-market` wrote',
    hint: 'Make one with makergym fit-market TAPE --out market.json.',
  });
}

/** All numbers in a document with so many significant digits. The instrument's and whole numbers stay as they are. */
function rounded<T>(document: T, digits: number): T {
  const text = JSON.stringify(document, (_key, value: unknown) => {
    if (typeof value !== 'number') return value;
    if (!Number.isFinite(value)) return null;
    return Number.isInteger(value) && Math.abs(value) < 1e9 ? value : Number(value.toPrecision(digits));
  });
  return JSON.parse(text) as T;
}

/** JSON with a line for each of the outer parts and lists on one line. */
function compact(document: unknown): string {
  return JSON.stringify(document, null, 1).replace(/\[[^{}]*?\](?=,?\n)/g, (part) =>
    part.replace(/\s+/g, ''),
  );
}
