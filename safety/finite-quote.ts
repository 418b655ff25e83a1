import { type Quote, Refresh } from '../env/quoter.ts';

/** Beyond this nothing is a price: prices are 32-bit whole ticks. */
const MAX_TICKS = 2 ** 31 - 1;

/** Whether every field is a number that prices and quantities can be made of. NaN compares as false. */
export function isFiniteQuote(quote: Readonly<Quote>): boolean {
  return (
    Math.abs(quote.reference) <= MAX_TICKS &&
    Math.abs(quote.offset) <= MAX_TICKS &&
    Math.abs(quote.spread) <= MAX_TICKS &&
    Number.isFinite(quote.bidQuantity) &&
    Number.isFinite(quote.askQuantity) &&
    isRefresh(quote.refreshBid) &&
    isRefresh(quote.refreshAsk)
  );
}

function isRefresh(value: number): boolean {
  return value === Refresh.leave || value === Refresh.move || value === Refresh.replace;
}
