import { InputError } from '../base/errors.ts';
import type { Quote } from './quoter.ts';

/** Throws an InputError that names the quoter and the field unless a quote can be turned into orders. `lotSteps`: steps of
 * the instrument in a lot. */
export function checkQuote(quoter: string, quote: Readonly<Quote>, lotSteps: number): void {
  checkSide(quoter, 'bid', quote.bid, quote.bidQuantity, lotSteps);
  checkSide(quoter, 'ask', quote.ask, quote.askQuantity, lotSteps);
}

function checkSide(
  quoter: string,
  side: 'bid' | 'ask',
  price: number,
  quantity: number,
  lotSteps: number,
): void {
  if (!(quantity >= 0) || !Number.isFinite(quantity)) {
    throw unusable(quoter, `${side}Quantity`, quantity, 'a finite number of lots, 0 or more');
  }
  // Beyond it steps are no whole numbers any more, and position and cash would not add up.
  const most = Number.MAX_SAFE_INTEGER / lotSteps;
  if (quantity > most)
    throw unusable(quoter, `${side}Quantity`, quantity, `at most ${most.toPrecision(3)} lots`);
  if (quantity > 0 && !Number.isSafeInteger(price)) {
    throw unusable(quoter, side, price, 'a price in whole ticks');
  }
}

function unusable(quoter: string, field: string, value: number, expected: string): InputError {
  return new InputError({
    code: 'bad-quote',
    message: `The quoter "${quoter}" decided ${field} = ${value}.`,
    field,
    value: Number.isFinite(value) ? value : String(value),
    expected,
    hint: 'Look at its parameters, and at what it does before signals are ready.',
  });
}
