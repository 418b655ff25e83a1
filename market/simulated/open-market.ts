import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, sep } from 'node:path';
import { unknownName } from '../../base/errors.ts';
import { MICROSECONDS } from '../../base/time.ts';
import type { Instrument } from '../instrument.ts';
import { FittedMarket } from './fitted-market.ts';
import { type FittedTo, readMarketFile } from './market-file.ts';
import { DEFAULT_QUEUE_REACTIVE, EMBEDDED_MARKET, type QueueReactiveParameters } from './parameters.ts';
import { QueueReactiveMarket } from './queue-reactive.ts';
import type { SimulatedMarket } from './simulated-market.ts';

/** No simulation to a file is longer than this, seconds: a slip of the unit would fill the disk. */
export const LONGEST_SECONDS = 30 * 86_400;
/** Seeds whose markets begin at different times; more would leave the years that times are exact in. */
const SEEDS_APART = 2_000;
/** Fitted markets live in a time that nothing was recorded in: their ticks are nobody's. */
const FITTED_EPOCH = Date.UTC(2100, 0, 1) * 1000;
const FITTED_SEEDS_APART = 1_800;

/** A market that can be simulated, any number of times. */
export interface MarketSource {
  /** As it was asked for. */
  readonly name: string;
  /** Undefined where its grid is to be inferred from what it writes. */
  readonly instrument: Instrument | undefined;
  /** The recording it was fitted to. */
  readonly fittedTo: FittedTo | undefined;
  /** When it begins with this seed, µs. */
  startTime(seed: number): number;
  create(seed: number): SimulatedMarket;
}

/** Names of the markets there are: the embedded one, and those fitted to recordings that come with the program. */
export function marketNames(): readonly string[] {
  const fitted = readdirSync(presetFolder()).filter((file) => file.endsWith('.json'));
  return [EMBEDDED_MARKET, ...fitted.map((file) => basename(file, '.json')).sort()];
}

/**
 * Opens a market by name, or a market file that `fit-market` wrote. Throws an InputError that names the nearest market,
 * or says what is wrong with the file. `parameters` are of the embedded market only.
 */
export function openMarket(name: string, parameters: Partial<QueueReactiveParameters> = {}): MarketSource {
  if (name === EMBEDDED_MARKET) return embedded(parameters);
  const isFile = name.includes(sep) || name.includes('/') || name.endsWith('.json') || existsSync(name);
  if (!isFile && !marketNames().includes(name)) throw unknownName('market', name, marketNames());
  const path = isFile ? name : join(presetFolder(), `${name}.json`);
  const { parameters: fitted, fittedTo } = readMarketFile(path);
  const startTime = (seed: number) => later(FITTED_EPOCH, seed % FITTED_SEEDS_APART);
  return {
    name,
    instrument: fitted.instrument,
    fittedTo,
    startTime,
    create: (seed) => new FittedMarket(fitted, seed, startTime(seed)),
  };
}

function embedded(parameters: Partial<QueueReactiveParameters>): MarketSource {
  const startTime = (seed: number) =>
    parameters.startTime ?? later(DEFAULT_QUEUE_REACTIVE.startTime, seed % SEEDS_APART);
  return {
    name: EMBEDDED_MARKET,
    instrument: undefined,
    fittedTo: undefined,
    startTime,
    create: (seed) =>
      new QueueReactiveMarket({ ...DEFAULT_QUEUE_REACTIVE, ...parameters, startTime: startTime(seed) }, seed),
  };
}

/** Markets of different seeds live at different times, so that nobody takes one's ticks for the other's. µs. */
function later(epoch: number, seed: number): number {
  return epoch + seed * LONGEST_SECONDS * MICROSECONDS;
}

function presetFolder(): string {
  const root = dirname(createRequire(import.meta.url).resolve('makergym/package.json'));
  return join(root, 'configs', 'markets');
}
