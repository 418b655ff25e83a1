import { InputError } from '../../base/errors.ts';
import type { Venue } from '../../market/instrument.ts';

/** Which stream of trades is listened to: `aggTrade` sums up the fills of one taker order at one price. */
export const TRADE_STREAMS = ['aggTrade', 'trade'] as const;
export type TradeStream = (typeof TRADE_STREAMS)[number];

/** What Binance documents of a venue: addresses, limits, how often it pings. */
export interface VenueProfile {
  readonly ws: string;
  readonly rest: string;
  /** Prefix of REST paths. */
  readonly api: string;
  readonly depthStream: string;
  /** Levels asked for in a snapshot: the most there are. */
  readonly snapshotLimit: number;
  /** Weight of a snapshot by number of levels, ascending. */
  readonly depthWeights: readonly (readonly [limit: number, weight: number])[];
  readonly exchangeInfoWeight: number;
  /** Weight that one address may use in a minute. */
  readonly weightPerMinute: number;
  /** Messages (subscriptions, pings, pongs) that a socket accepts in a second. */
  readonly controlPerSecond: number;
  /** The server pings this often, s, and hangs up without a pong for `pongSeconds`. */
  readonly pingSeconds: number;
  readonly pongSeconds: number;
}

/** Most streams one socket carries, and how long a socket lives. */
export const MAX_STREAMS = 1024;
export const SOCKET_LIFE_SECONDS = 24 * 3600;

const PROFILES: Readonly<Record<Venue, VenueProfile>> = {
  'binance-spot': {
    ws: 'wss://stream.binance.com:9443',
    rest: 'https://api.binance.com',
    api: '/api/v3',
    depthStream: 'depth@100ms',
    snapshotLimit: 5000,
    depthWeights: [
      [100, 5],
      [500, 25],
      [1000, 50],
      [5000, 250],
    ],
    exchangeInfoWeight: 20,
    weightPerMinute: 6000,
    controlPerSecond: 5,
    pingSeconds: 20,
    pongSeconds: 60,
  },
  'binance-usdm': {
    ws: 'wss://fstream.binance.com',
    rest: 'https://fapi.binance.com',
    api: '/fapi/v1',
    depthStream: 'depth@100ms',
    snapshotLimit: 1000,
    depthWeights: [
      [50, 2],
      [100, 5],
      [500, 10],
      [1000, 20],
    ],
    exchangeInfoWeight: 1,
    weightPerMinute: 2400,
    controlPerSecond: 10,
    pingSeconds: 180,
    pongSeconds: 600,
  },
};

export function profileOf(venue: Venue): VenueProfile {
  return PROFILES[venue];
}

export function depthWeight(profile: VenueProfile, limit: number): number {
  const row = profile.depthWeights.find(([most]) => limit <= most);
  return (row ?? profile.depthWeights[profile.depthWeights.length - 1])[1];
}

/**
 * Path before `/stream` that carries a stream. USD-M sends what the matching engine pushes (depth, bookTicker, trade)
 * over `/public` and what is summed up (aggTrade and the rest) over `/market`; on the wrong one a stream is accepted
 * and stays silent. Spot has one for all.
 */
export function routeOf(venue: Venue, stream: string): string {
  if (venue === 'binance-spot') return '';
  return /@(depth|bookTicker|trade)(\d|@|$)/.test(stream) ? '/public' : '/market';
}

/** The streams that a symbol's book, flow and check are kept with. */
export function streamsOf(venue: Venue, symbol: string, trades: TradeStream): readonly string[] {
  const name = symbol.toLowerCase();
  return [`${name}@${profileOf(venue).depthStream}`, `${name}@${trades}`, `${name}@bookTicker`];
}

/**
 * A base address as the user gave it, without trailing `/`, `/ws` or `/stream`. Refuses other schemes, and addresses
 * with a user name or password, which would end up in recordings.
 */
export function baseAddress(text: string, field: string, schemes: readonly string[]): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw badAddress(text, field, schemes, 'it is no URL');
  }
  if (!schemes.includes(url.protocol.slice(0, -1))) throw badAddress(text, field, schemes, 'its scheme');
  if (url.username !== '' || url.password !== '') {
    throw badAddress(
      '(hidden)',
      field,
      schemes,
      'it holds a user name or password, which nothing here needs',
    );
  }
  const path = url.pathname.replace(/\/(ws|stream)?\/?$/, '');
  return `${url.protocol}//${url.host}${path}`;
}

function badAddress(value: string, field: string, schemes: readonly string[], reason: string): InputError {
  return new InputError({
    code: 'bad-address',
    message: `--${field} ${value} cannot be used: ${reason}.`,
    field,
    value,
    expected: `an address that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    hint: `For example ${schemes[0]}://127.0.0.1:8080.`,
  });
}
