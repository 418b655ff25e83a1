import type { CapturedMessage } from './capture-source.ts';

/**
 * `aggTrade` messages out of `trade` messages, for captures that lack them: fills in a row of one taker (same time,
 * price and side) are one. Needs the message after, to know where a row ends.
 */
export class AggregatedTrades {
  readonly #open = new Map<string, { readonly first: CapturedMessage; quantity: string; last: number }>();
  readonly #ids = new Map<string, number>();

  /** Takes a trade and what follows it in the capture; returns the payload of the row that it ends, if it does. */
  onTrade(trade: CapturedMessage, next: CapturedMessage | undefined): string | undefined {
    const { symbol, payload } = trade;
    const open = this.#open.get(symbol);
    const id = payload.t ?? 0;
    const row =
      open === undefined
        ? { first: trade, quantity: payload.q ?? '0', last: id }
        : { first: open.first, quantity: add(open.quantity, payload.q ?? '0'), last: id };
    if (next !== undefined && sameTaker(trade, next)) {
      this.#open.set(symbol, row);
      return undefined;
    }
    this.#open.delete(symbol);
    const aggregateId = (this.#ids.get(symbol) ?? 0) + 1;
    this.#ids.set(symbol, aggregateId);
    const { E, T, p, m, t } = row.first.payload;
    return (
      `{"e":"aggTrade","E":${E},"s":"${symbol}","a":${aggregateId},"p":"${p}","q":"${row.quantity}",` +
      `"f":${t},"l":${row.last},"T":${T},"m":${m}}`
    );
  }
}

function sameTaker(a: CapturedMessage, b: CapturedMessage): boolean {
  return (
    b.kind === 'trade' &&
    b.symbol === a.symbol &&
    b.payload.T === a.payload.T &&
    b.payload.p === a.payload.p &&
    b.payload.m === a.payload.m
  );
}

/** Sum of two decimals with the decimals of the first, exactly. */
function add(a: string, b: string): string {
  const decimals = Math.max(a.split('.')[1]?.length ?? 0, b.split('.')[1]?.length ?? 0);
  const units = (text: string): bigint => {
    const [whole, fraction = ''] = text.split('.');
    return BigInt(whole + fraction.padEnd(decimals, '0'));
  };
  const sum = (units(a) + units(b)).toString().padStart(decimals + 1, '0');
  return decimals === 0 ? sum : `${sum.slice(0, -decimals)}.${sum.slice(-decimals)}`;
}
