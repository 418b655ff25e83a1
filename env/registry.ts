import { InputError } from '../base/errors.ts';
import type { Env } from './env.ts';
import { UnregisteredEnv } from './errors.ts';
import type { MarketMakingMakeOptions } from './market-making/options.ts';
import { OrderEnforcing } from './wrappers/order-enforcing.ts';
import { TimeLimit } from './wrappers/time-limit.ts';

/** Options an environment's factory reads; it throws an InputError for a key it does not know. */
export type EnvOptions = Readonly<Record<string, unknown>>;

export type EnvFactory<Observation = Float32Array, Action = Float32Array> = (
  options: EnvOptions,
) => Env<Observation, Action>;

/** What `make` sees to itself; all other options go to the factory. */
export interface MakeOptions {
  /** Truncate episodes after so many steps; null switches the registered limit off. */
  readonly maxEpisodeSteps?: number | null;
}

/** The options of an environment, by name where it is known to the compiler. */
export type OptionsOf<Id extends string> = Id extends 'MarketMaking-v0'
  ? MarketMakingMakeOptions
  : EnvOptions;

export interface EnvSpecification {
  readonly maxEpisodeSteps?: number;
}

interface Entry {
  readonly factory: EnvFactory<unknown, unknown>;
  readonly specification: EnvSpecification;
}

const entries = new Map<string, Entry>();

/** Makes an environment known to `make`. An id is a name and a version, e.g. `MarketMaking-v0`, and is taken once. */
export function register<Observation, Action>(
  id: string,
  factory: EnvFactory<Observation, Action>,
  specification: EnvSpecification = {},
): void {
  if (!/^[A-Za-z][\w.-]*-v\d+$/.test(id)) {
    throw new InputError({
      code: 'bad-env-id',
      message: `"${id}" is no environment id.`,
      field: 'id',
      value: id,
      expected: 'a name and a version, such as Chain-v0',
    });
  }
  if (entries.has(id)) {
    throw new InputError({
      code: 'env-registered',
      message: `An environment is registered as "${id}" already.`,
      field: 'id',
      value: id,
      expected: 'an id that is free',
      hint: 'Raise the version.',
    });
  }
  entries.set(id, { factory: factory as EnvFactory<unknown, unknown>, specification });
}

/**
 * Makes a registered environment. `maxEpisodeSteps` adds a time limit, everything else goes to the environment's
 * factory. Throws UnregisteredEnv, which names the nearest id.
 */
export function make<Observation = Float32Array, Action = Float32Array, Id extends string = string>(
  id: Id,
  options: MakeOptions & OptionsOf<Id> = {} as MakeOptions & OptionsOf<Id>,
): Env<Observation, Action> {
  const entry = entries.get(id);
  if (entry === undefined) throw new UnregisteredEnv(id, registered());
  const { maxEpisodeSteps = entry.specification.maxEpisodeSteps ?? null, ...rest } = options;
  const env = entry.factory(rest) as Env<Observation, Action>;
  return new OrderEnforcing(maxEpisodeSteps === null ? env : new TimeLimit(env, maxEpisodeSteps));
}

/** Ids that `make` knows, sorted. */
export function registered(): readonly string[] {
  return [...entries.keys()].sort();
}
