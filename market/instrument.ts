export const VENUES = ['binance-spot', 'binance-usdm'] as const;
export type Venue = (typeof VENUES)[number];

/** What is traded, and the grid its prices and quantities live on. */
export interface Instrument {
  readonly venue: Venue;
  /** Exchange symbol in upper case, e.g. `BTCUSDT`. */
  readonly symbol: string;
  /** Smallest price change, in quote currency. Prices inside makergym are integer multiples of it. */
  readonly tickSize: number;
  /** Smallest quantity change, in base currency. Own order quantities are integer multiples of it. */
  readonly stepSize: number;
  /** Smallest quantity of an order, base currency, and smallest value, quote currency; absent where not known. */
  readonly minQuantity?: number;
  readonly minNotional?: number;
}

/** An instrument and nothing else that came with it; a minimum of 0 is none. */
export function plainInstrument(instrument: Instrument): Instrument {
  const { venue, symbol, tickSize, stepSize, minQuantity = 0, minNotional = 0 } = instrument;
  return {
    venue,
    symbol,
    tickSize,
    stepSize,
    ...(minQuantity > 0 ? { minQuantity } : {}),
    ...(minNotional > 0 ? { minNotional } : {}),
  };
}
