import type { LaneSettings } from '../env/settings.ts';
import type { Instrument } from '../market/instrument.ts';
import type { EquityPoints } from './equity-series.ts';
import type { Kpis } from './kpis.ts';
import type { Stretch } from './quote-trace.ts';

/** One agent's way through a session. */
export interface LaneRecord {
  readonly name: string;
  readonly role: 'candidate' | 'baseline' | 'control';
  readonly kpis: Kpis;
  readonly equity: EquityPoints;
  /** The busiest ten minutes; kept for the candidate. */
  readonly stretch: Stretch | null;
}

/** `session.json`: what a report needs to draw a session, whoever traded in it. Times µs since the epoch. */
export interface SessionRecord {
  readonly format: 'makergym-session';
  readonly version: 1;
  readonly instrument: Instrument;
  readonly tapes: readonly {
    readonly path: string;
    readonly checksum: string;
    readonly start: number;
    readonly end: number;
  }[];
  readonly settings: LaneSettings;
  /** Base quantity of one lot. */
  readonly lot: number;
  readonly lanes: readonly LaneRecord[];
}

const QUOTE_CURRENCIES = ['USDT', 'USDC', 'FDUSD', 'BUSD', 'TUSD', 'USD', 'BTC', 'ETH', 'BNB', 'EUR', 'TRY'];

/** The quote currency of a Binance symbol, such as USDT; `quote` where the symbol does not tell. */
export function quoteCurrency({ symbol }: Pick<Instrument, 'symbol'>): string {
  const known = QUOTE_CURRENCIES.find((currency) => symbol.endsWith(currency) && symbol !== currency);
  return known ?? 'quote';
}
