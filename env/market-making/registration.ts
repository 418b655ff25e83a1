import { InputError } from '../../base/errors.ts';
import { TapeReplay } from '../../market/replay.ts';
import { openTape } from '../../market/tape/reader.ts';
import type { Tape } from '../../market/tape/rows.ts';
import type { LaneModels } from '../lane.ts';
import { checkOptionKeys } from '../options.ts';
import type { Quoter } from '../quoter.ts';
import { type EnvOptions, register } from '../registry.ts';
import { completeLane, completeMarketMaking } from '../settings-schema.ts';
import { MARKET_MAKING, MarketMakingEnv } from './environment.ts';

const KEYS = [
  'tape',
  'tapes',
  'replay',
  'lane',
  'marketMaking',
  'anchor',
  'protect',
  'models',
  'start',
  'end',
  'seed',
];

/** Importing this module makes `MarketMaking-v0` known to `make`. Its options: docs/environment.md. */
register(MARKET_MAKING, makeMarketMaking);

/** A market-making environment from options as people write them: paths for tapes, settings in part. */
export function makeMarketMaking(options: EnvOptions): MarketMakingEnv {
  checkOptionKeys(MARKET_MAKING, options, KEYS);
  const lane = completeLane(options.lane);
  const marketMaking = completeMarketMaking(options.marketMaking);
  return new MarketMakingEnv({
    lane,
    marketMaking,
    anchor: check(options, 'anchor', 'a Quoter, or nothing', isQuoter),
    protect: check(options, 'protect', 'a function from a Quoter to a Quoter', isProtect),
    models: check(options, 'models', 'a function that makes models', isModels),
    start: check(options, 'start', 'µs since the epoch', isFiniteNumber),
    end: check(options, 'end', 'µs since the epoch', isFiniteNumber),
    seed: check(options, 'seed', 'a whole number of at least 0', isSeed),
    replay: replayOf(options),
  });
}

function replayOf(options: EnvOptions): TapeReplay | readonly Tape[] {
  const given = ['tape', 'tapes', 'replay'].filter((key) => options[key] !== undefined);
  if (given.length !== 1) {
    throw new InputError({
      code: 'bad-option',
      message: `${MARKET_MAKING}: expected one of tape, tapes and replay; received ${given.join(' and ') || 'none'}.`,
      field: 'tape',
      value: given,
      expected: 'one of tape (paths), tapes (open tapes), replay (a TapeReplay)',
      hint: `make('${MARKET_MAKING}', { tape: 'day.arrow' })`,
    });
  }
  const paths = check(options, 'tape', 'a path, or a list of paths', isPaths);
  if (paths !== undefined) return [paths].flat().map((path) => openTape(path));
  const tapes = check(options, 'tapes', 'a list of open tapes', isTapes);
  return tapes ?? (check(options, 'replay', 'a TapeReplay', isReplay) as TapeReplay);
}

function check<T>(
  options: EnvOptions,
  field: string,
  expected: string,
  is: (value: unknown) => value is T,
): T | undefined {
  const value = options[field];
  if (value === undefined || is(value)) return value as T | undefined;
  throw new InputError({
    code: 'bad-option',
    message: `${MARKET_MAKING}: option ${field} is not usable; expected ${expected}.`,
    field,
    value,
    expected,
  });
}

function isQuoter(value: unknown): value is Quoter {
  return typeof value === 'object' && value !== null && 'quote' in value && 'reset' in value;
}

function isProtect(value: unknown): value is (inner: Quoter) => Quoter {
  return typeof value === 'function';
}

function isModels(value: unknown): value is () => LaneModels {
  return typeof value === 'function';
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isSeed(value: unknown): value is number {
  return isFiniteNumber(value) && Number.isInteger(value) && value >= 0;
}

function isPaths(value: unknown): value is string | readonly string[] {
  return (
    typeof value === 'string' || (Array.isArray(value) && value.every((path) => typeof path === 'string'))
  );
}

function isTapes(value: unknown): value is readonly Tape[] {
  return (
    Array.isArray(value) &&
    value.every((tape) => typeof tape === 'object' && tape !== null && 'readBatch' in tape)
  );
}

function isReplay(value: unknown): value is TapeReplay {
  return value instanceof TapeReplay;
}
