import type { IncomingMessage, ServerResponse } from 'node:http';
import { depthWeight, profileOf, type VenueProfile } from '../binance/venue.ts';
import { type Clock, pause } from '../clock.ts';
import type { FaultKind } from './fault-kinds.ts';
import { CLOCK_SKEW_MS } from './fault-line.ts';
import type { FaultTally } from './fault-tally.ts';
import { type FaultPlan, RequestFault } from './faults.ts';
import type { Session } from './session.ts';
import type { Survey, SurveyedSymbol } from './survey.ts';

const SLOW_MS = 700;
/** How long a request waits for a book that the capture gives a little later. */
const UNKNOWN_MS = 10_000;
const FUTURES_LIMITS: ReadonlySet<number> = new Set([5, 10, 20, 50, 100, 500, 1000]);
const QUOTES = ['USDT', 'USDC', 'FDUSD', 'BTC', 'ETH', 'BNB', 'EUR', 'TRY'] as const;
/** Binance's usual smallest order value; a capture does not tell it. */
const MIN_NOTIONAL = '5';

export interface RestOptions {
  readonly survey: Survey;
  readonly faults: FaultPlan;
  /** Where faults that strike are counted: those before the first subscription as well. */
  readonly struck: () => FaultTally;
  readonly clock: Clock;
  /** The session being played, or the last one. */
  readonly session: () => Session | undefined;
}

/** The REST side: ping, time, exchangeInfo and depth of `/api/v3` or `/fapi/v1`, with weights, limits and refusals. */
export class RestEndpoints {
  /** Requests being answered. */
  busy = 0;
  readonly #options: RestOptions;
  readonly #profile: VenueProfile;
  readonly #stale: RequestFault;
  readonly #slow: RequestFault;
  readonly #limited: RequestFault;
  readonly #banned: RequestFault;
  #minute = -1;
  #used = 0;

  constructor(options: RestOptions) {
    this.#options = options;
    this.#profile = profileOf(options.survey.venue);
    this.#stale = new RequestFault(options.faults, 'stale-snapshot');
    this.#slow = new RequestFault(options.faults, 'slow-snapshot');
    this.#limited = new RequestFault(options.faults, 'rate-limit');
    this.#banned = new RequestFault(options.faults, 'ban');
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    this.busy++;
    response.once('close', () => this.busy--);
    const { api } = this.#profile;
    const name = url.pathname.startsWith(`${api}/`) ? url.pathname.slice(api.length + 1) : '';
    if (request.method !== 'GET') return this.#error(response, 405, -1, 'Only GET is served here.');
    if (name === 'ping') return this.#answer(response, 1, '{}');
    if (name === 'time') return this.#answer(response, 1, `{"serverTime":${this.#time()}}`);
    if (name === 'exchangeInfo') return this.#exchangeInfo(response, url);
    if (name === 'depth') return this.#depth(response, url);
    return this.#error(response, 404, -1, `No such endpoint: ${url.pathname}`);
  }

  async #depth(response: ServerResponse, url: URL): Promise<void> {
    const symbol = url.searchParams.get('symbol') ?? '';
    const spot = this.#profile.api === '/api/v3';
    const limit = Number(url.searchParams.get('limit') ?? (spot ? 100 : 500));
    if (symbol === '') {
      return this.#error(
        response,
        400,
        -1102,
        "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.",
      );
    }
    if (!this.#options.survey.symbols.has(symbol))
      return this.#error(response, 400, -1121, 'Invalid symbol.');
    if (!(Number.isInteger(limit) && limit > 0) || (!spot && !FUTURES_LIMITS.has(limit))) {
      return this.#error(response, 400, -4021, `${limit} is not valid depth limit.`);
    }
    if (this.#refusedByFault(response)) return;
    const slow = this.#slow.strikes();
    if (slow) {
      this.#struck('slow-snapshot');
      // The session need not wait for it.
      this.busy--;
      await pause(this.#options.clock, SLOW_MS);
      this.busy++;
    }
    const weight = depthWeight(this.#profile, limit);
    const body = await this.#book(symbol, Math.min(limit, this.#profile.snapshotLimit));
    if (body === undefined)
      return this.#error(response, 503, -1001, 'The capture gives no book at this point.');
    this.#answer(response, weight, body);
    const session = this.#options.session();
    if (session !== undefined)
      response.once('close', () => {
        session.snapshotServed = true;
      });
  }

  async #book(symbol: string, limit: number): Promise<string | undefined> {
    const { clock, survey } = this.#options;
    const session = this.#options.session();
    if (session === undefined) return survey.symbols.get(symbol)?.first?.answer(limit);
    const truth = session.truth.get(symbol);
    const until = clock.now() + UNKNOWN_MS * 1000;
    if (truth !== undefined && !truth.known) {
      // The session has to go on for the book to become known.
      this.busy--;
      while (!truth.known && clock.now() < until && !session.ended) await pause(clock, 2);
      this.busy++;
    }
    const stale = session.stale.get(symbol);
    if (stale !== undefined && this.#stale.strikes()) {
      this.#struck('stale-snapshot');
      return stale;
    }
    return truth?.known ? truth.answer(limit) : undefined;
  }

  #exchangeInfo(response: ServerResponse, url: URL): void {
    const { survey } = this.#options;
    const asked = url.searchParams.get('symbol');
    const spot = this.#profile.api === '/api/v3';
    // USD-M answers for all whatever is asked.
    if (spot && asked !== null && !survey.symbols.has(asked)) {
      this.#error(response, 400, -1121, 'Invalid symbol.');
      return;
    }
    const symbols = [...survey.symbols.values()]
      .filter(({ symbol }) => !spot || asked === null || symbol === asked)
      .map((entry) => describe(entry, spot));
    const rateLimits = [
      {
        rateLimitType: 'REQUEST_WEIGHT',
        interval: 'MINUTE',
        intervalNum: 1,
        limit: this.#profile.weightPerMinute,
      },
    ];
    const body = { timezone: 'UTC', serverTime: this.#time(), rateLimits, exchangeFilters: [], symbols };
    this.#answer(response, this.#profile.exchangeInfoWeight, JSON.stringify(body));
  }

  /** Exchange time, ms. */
  #time(): number {
    const { session, survey, faults } = this.#options;
    const time = session()?.time ?? survey.start;
    return Math.floor(time / 1000) + (faults.kinds.has('clock-skew') ? CLOCK_SKEW_MS : 0);
  }

  #refusedByFault(response: ServerResponse): boolean {
    if (this.#limited.strikes()) {
      this.#struck('rate-limit');
      response.setHeader('Retry-After', '1');
      this.#error(response, 429, -1003, 'Too many requests; current limit is exceeded.');
      return true;
    }
    if (!this.#banned.strikes()) return false;
    this.#struck('ban');
    response.setHeader('Retry-After', '2');
    this.#error(response, 418, -1003, 'Way too many requests; IP banned.');
    return true;
  }

  #struck(kind: FaultKind): void {
    this.#options.struck().add(kind);
  }

  #answer(response: ServerResponse, weight: number, body: string): void {
    const minute = Math.floor(this.#options.clock.now() / 60e6);
    if (minute !== this.#minute) this.#used = 0;
    this.#minute = minute;
    this.#used += weight;
    response.setHeader('X-MBX-USED-WEIGHT-1M', String(this.#used));
    if (this.#used > this.#profile.weightPerMinute) {
      response.setHeader('Retry-After', String(60 - Math.floor((this.#options.clock.now() / 1e6) % 60)));
      this.#error(response, 429, -1003, 'Too many requests; current limit is exceeded.');
      return;
    }
    response.setHeader('Content-Type', 'application/json');
    response.end(body);
  }

  #error(response: ServerResponse, status: number, code: number, msg: string): void {
    response.statusCode = status;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ code, msg }));
  }
}

function describe({ symbol, tickSize, stepSize }: SurveyedSymbol, spot: boolean): object {
  const quote = QUOTES.find((name) => symbol.endsWith(name)) ?? symbol.slice(-3);
  return {
    symbol,
    status: 'TRADING',
    baseAsset: symbol.slice(0, symbol.length - quote.length),
    quoteAsset: quote,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: decimal(tickSize), maxPrice: '0', tickSize: decimal(tickSize) },
      { filterType: 'LOT_SIZE', minQty: decimal(stepSize), maxQty: '0', stepSize: decimal(stepSize) },
      spot
        ? { filterType: 'NOTIONAL', minNotional: MIN_NOTIONAL }
        : { filterType: 'MIN_NOTIONAL', notional: MIN_NOTIONAL },
    ],
  };
}

function decimal(value: number): string {
  return value.toFixed(8).replace(/\.?0+$/, '');
}
