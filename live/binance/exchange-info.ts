import { InputError, RunError } from '../../base/errors.ts';
import { exchangeInfoEntry, gridOf, type StatedGrid } from '../../market/binance/exchange-info.ts';
import type { Instrument, Venue } from '../../market/instrument.ts';
import { type Clock, pause } from '../clock.ts';
import type { Backoff } from '../connection/backoff.ts';
import { type RestAnswer, type RestClient, RestError } from './rest-client.ts';

/** An instrument as the exchange describes it. */
export type TradedInstrument = Instrument & StatedGrid;

/** An instrument, and the part of the exchange's answer that is about it (USD-M's whole answer is megabytes). */
export interface LearntInstrument {
  readonly instrument: TradedInstrument;
  readonly answer: RestAnswer;
}

export interface LearnOptions {
  readonly rest: RestClient;
  readonly venue: Venue;
  readonly symbol: string;
  readonly clock: Clock;
  readonly backoff: Backoff;
  readonly signal: AbortSignal;
  /** Told about each failed attempt. */
  readonly onFailure: (error: RestError) => void;
}

/** Attempts before giving up; refusals (429, 418) are waited out and do not count. */
const ATTEMPTS = 5;

/**
 * Asks the exchange for a symbol's grid. Resolves to undefined when `signal` aborts. Throws an InputError for a symbol
 * that the exchange does not trade, a RunError where it cannot be reached.
 */
export async function learnInstrument(options: LearnOptions): Promise<LearntInstrument | undefined> {
  const { rest, venue, symbol, clock, backoff, signal, onFailure } = options;
  for (let failures = 0; !signal.aborted; ) {
    try {
      const answer = await rest.exchangeInfo(symbol);
      return read(answer, venue, symbol);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof RestError)) throw error;
      // Binance's answer to a symbol that it does not know.
      if (error.status === 400) throw unknownSymbol(venue, symbol);
      const refused = error.status === 429 || error.status === 418;
      if (!error.retryable || (!refused && ++failures >= ATTEMPTS)) throw unreachable(rest.base, error);
      onFailure(error);
      await pause(clock, backoff.next(), signal);
    }
  }
  return undefined;
}

function read(answer: RestAnswer, venue: Venue, symbol: string): LearntInstrument {
  const entry = exchangeInfoEntry(answer.bytes.toString(), symbol);
  if (entry === undefined) throw unknownSymbol(venue, symbol);
  const grid = gridOf(entry);
  if (grid === undefined) {
    throw new RunError({
      code: 'bad-exchange-info',
      message: `${answer.url} gives no tick and step size for ${symbol}.`,
      field: 'rest',
      value: answer.url,
      expected: 'PRICE_FILTER.tickSize and LOT_SIZE.stepSize',
    });
  }
  const bytes = Buffer.from(JSON.stringify({ symbols: [entry] }));
  return { instrument: { venue, symbol, ...grid }, answer: { ...answer, bytes } };
}

export function unknownSymbol(venue: Venue, symbol: string): InputError {
  return new InputError({
    code: 'unknown-symbol',
    message: `${venue} does not trade ${symbol}.`,
    field: 'symbol',
    value: symbol,
    expected: 'a symbol as the exchange writes it, such as BTCUSDT',
    hint: 'Check the spelling and --venue.',
  });
}

function unreachable(base: string, error: RestError): RunError {
  return new RunError(
    {
      code: 'cannot-connect',
      message: `The exchange cannot be reached at ${base}: ${error.message}`,
      field: 'rest',
      value: base,
      hint: 'Check the network and the address.',
    },
    { cause: error },
  );
}
