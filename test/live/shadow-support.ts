import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DEFAULT_LANE, type LaneSettings } from '../../env/settings.ts';
import { DecisionFile, FillFile } from '../../evaluation/records.ts';
import type { Clock, Timer } from '../../live/clock.ts';
import type { FaultTally } from '../../live/exchange/fault-tally.ts';
import { LocalExchange, type LocalExchangeOptions } from '../../live/exchange/local-exchange.ts';
import { runShadow, type ShadowOptions } from '../../live/shadow/session.ts';
import type { ShadowSessionFile } from '../../live/shadow/session-file.ts';
import type { FallbackEvent, ShadowStatus } from '../../live/shadow/status.ts';
import type { ShadowSummary } from '../../live/shadow/summary.ts';
import { DECISIONS, FILLS, type Verdict, verifyShadow } from '../../live/shadow/verify.ts';
import { DEFAULT_FALLBACK, type FallbackSettings } from '../../safety/fallback.ts';
import { AcceleratedClock } from '../support/accelerated-clock.ts';
import { randomAgent } from '../support/export.ts';
import { played, until } from './support.ts';

export const LANE: LaneSettings = {
  ...DEFAULT_LANE,
  fees: { makerBps: -0.5, takerBps: 5 },
  decisionIntervalMs: 20,
};

/** A round trip on a busy machine is seconds of these clocks: what is to be slow says so. */
export const FALLBACK: FallbackSettings = {
  ...DEFAULT_FALLBACK,
  decisionBudgetMs: 1e9,
  maxLatenessMs: 1e9,
  maxRoundTripMs: 1e9,
};

/** How many times as fast as the machine's the clocks of these tests run. */
export const SPEED_UP = 50;

export interface Played {
  readonly summary: ShadowSummary;
  readonly status: ShadowStatus;
  readonly fallbacks: readonly FallbackEvent[];
  /** Faults of the exchange. */
  readonly struck: FaultTally;
  readonly out: string;
}

export interface PlayOptions {
  readonly captures: readonly string[];
  readonly out: string;
  /** The first of the captures' where absent. */
  readonly symbol?: string;
  readonly exchange?: Partial<LocalExchangeOptions>;
  readonly shadow?: Partial<ShadowOptions>;
  readonly fallback?: Partial<FallbackSettings>;
  readonly clock?: Clock;
  /** Address of REST endpoints in front of the exchange's. */
  readonly rest?: (exchange: LocalExchange) => Promise<string>;
  /** Called while the session runs; it is stopped when this resolves. By default the capture is played to its end. */
  readonly during?: (exchange: LocalExchange, status: () => ShadowStatus | undefined) => Promise<void>;
}

/** A shadow session over real sockets on a local exchange that plays captures as fast as they are taken. */
export async function playShadow(options: PlayOptions): Promise<Played> {
  const { captures, out } = options;
  const clock = options.clock ?? new AcceleratedClock(SPEED_UP);
  const exchange = await LocalExchange.start({
    captures,
    port: 0,
    speed: Number.POSITIVE_INFINITY,
    clock,
    ...options.exchange,
  });
  const [first] = exchange.survey.symbols.keys();
  const symbol = options.symbol ?? first;
  const controller = new AbortController();
  const fallbacks: FallbackEvent[] = [];
  const session = decidingSession(out, { ...FALLBACK, ...options.fallback });
  let status: ShadowStatus | undefined;
  try {
    const rest = (await options.rest?.(exchange)) ?? exchange.rest;
    const running = runShadow({
      ...session.options,
      source: { kind: 'live', venue: exchange.survey.venue, symbol, ws: exchange.url, rest },
      listeners: [{ onFallback: (event) => fallbacks.push(event) }],
      onStart: (begun) => {
        status = begun;
      },
      trades: 'trade',
      signal: controller.signal,
      clock,
      ...options.shadow,
    });
    const during = options.during ?? untilPlayed;
    await Promise.race([running, during(exchange, () => status)]);
    const { struck } = exchange;
    controller.abort();
    const summary = await running;
    session.finish();
    assert.ok(status !== undefined);
    return { summary, status, fallbacks, struck, out };
  } catch (error) {
    session.discard();
    throw error;
  } finally {
    controller.abort();
    await exchange.close();
  }
}

/** What a session is told that decides as these tests do, and keeps decisions and fills in `out` when it is finished. */
export function decidingSession(
  out: string,
  fallback: FallbackSettings,
): {
  readonly options: Omit<ShadowOptions, 'source' | 'signal'>;
  finish(): void;
  discard(): void;
} {
  const open: (DecisionFile | FillFile)[] = [];
  const options = {
    out,
    createAgent: (hooks) => randomAgent(hooks, fallback),
    settings: LANE,
    fallback,
    seed: 0,
    sharpeIntervalSeconds: 10,
    checkInstrument: () => undefined,
    laneListeners: (instrument, lot) => {
      open.push(new DecisionFile(join(out, DECISIONS), { instrument, lot }));
      open.push(new FillFile(join(out, FILLS), { instrument, lot }));
      return open;
    },
  } satisfies Omit<ShadowOptions, 'source' | 'signal'>;
  return {
    options,
    finish: () => {
      for (const file of open) file.finish();
    },
    discard: () => {
      for (const file of open) file.discard();
    },
  };
}

async function untilPlayed(exchange: LocalExchange, status: () => ShadowStatus | undefined): Promise<void> {
  await played(exchange);
  // Where the last messages were lost, the client may stand a little before the end until it notices.
  const done = (): boolean => status()?.market.synchronised === true && status()?.waiting === 0;
  await until('the book at the end', done, 8);
}

/** Takes the decisions of a session again from its recording. */
export function verifyPlayed(
  { out, summary }: Pick<Played, 'out' | 'summary'>,
  fallback: Partial<FallbackSettings> = {},
): Promise<Verdict> {
  assert.ok(summary.instrument !== null);
  return verifyShadow({
    directory: out,
    session: sessionFile(summary.instrument, summary.decisions),
    createQuoter: (conditions) => randomAgent({ conditions }, fallback).quoter,
    checkInstrument: (instrument) => assert.deepEqual(instrument, summary.instrument),
    sharpeIntervalSeconds: 10,
  });
}

export function sessionFile(
  { venue, symbol }: Pick<ShadowSessionFile, 'venue' | 'symbol'>,
  decisions: number | null,
): ShadowSessionFile {
  return {
    format: 'makergym-shadow',
    version: 1,
    policy: { path: '', manifest: '' },
    source: '',
    venue,
    symbol,
    startedAt: '',
    seed: 0,
    lane: LANE,
    config: {},
    finished: decisions === null ? null : { at: '', decisions },
  };
}

/** A clock that begins to run when it is first looked at. */
export class LateClock implements Clock {
  readonly #epoch: number;
  #running: AcceleratedClock | undefined;

  constructor(epoch: number) {
    this.#epoch = epoch;
  }

  now(): number {
    this.#running ??= new AcceleratedClock(SPEED_UP, this.#epoch);
    return this.#running.now();
  }

  after(milliseconds: number, work: () => void): Timer {
    this.now();
    return (this.#running as AcceleratedClock).after(milliseconds, work);
  }
}
