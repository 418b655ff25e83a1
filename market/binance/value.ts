/** Values that a message may hold, by what they mean: quoted decimals, whole numbers, a boolean, lists of levels. */
export const Value = {
  none: 0,
  bidPrice: 1,
  bidQuantity: 2,
  askPrice: 3,
  askQuantity: 4,
  price: 5,
  quantity: 6,
  lastId: 7,
  transactionTime: 8,
  eventTime: 9,
  tradeId: 10,
  firstId: 11,
  previousId: 12,
  buyerIsMaker: 13,
  bids: 14,
  asks: 15,
} as const;
export type Value = (typeof Value)[keyof typeof Value];

/** The last quoted decimal, and the last whole number. */
export const LAST_DECIMAL = Value.quantity;
export const LAST_INTEGER = Value.previousId;
