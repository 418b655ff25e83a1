/** The grid of a symbol as Binance states it. */
export interface StatedGrid {
  readonly tickSize: number;
  readonly stepSize: number;
  /** Smallest quantity of an order, in base currency; absent where it is not told. */
  readonly minQuantity?: number;
  /** Smallest value of an order, in quote currency; 0 where there is no such rule. */
  readonly minNotional: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Entry of a symbol in the JSON of an `exchangeInfo` answer, undefined where there is none. */
export function exchangeInfoEntry(json: string, symbol: string): Fields | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return undefined;
  }
  const { symbols } = (parsed ?? {}) as { symbols?: unknown };
  if (!Array.isArray(symbols)) return undefined;
  return (symbols as readonly Fields[]).find((entry) => entry?.symbol === symbol);
}

/** The grid that an entry's filters state, undefined where they lack a tick or a step size. */
export function gridOf(entry: Fields): StatedGrid | undefined {
  const filters = Array.isArray(entry.filters) ? (entry.filters as readonly Fields[]) : [];
  const value = (type: string, key: string): number =>
    Number(filters.find(({ filterType }) => filterType === type)?.[key] ?? Number.NaN);
  const tickSize = value('PRICE_FILTER', 'tickSize');
  const stepSize = value('LOT_SIZE', 'stepSize');
  if (!(tickSize > 0 && stepSize > 0)) return undefined;
  const minNotional = [
    value('NOTIONAL', 'minNotional'),
    value('MIN_NOTIONAL', 'minNotional'),
    value('MIN_NOTIONAL', 'notional'),
  ].find((notional) => notional > 0);
  const minQuantity = value('LOT_SIZE', 'minQty');
  return {
    tickSize,
    stepSize,
    minNotional: minNotional ?? 0,
    ...(minQuantity > 0 ? { minQuantity } : {}),
  };
}
