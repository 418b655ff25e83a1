/** The two sides of a book. A buy order rests on the bid side. Numbers, because hot loops index by them. */
export const BID = 0;
export const ASK = 1;
export type Side = typeof BID | typeof ASK;
export const SIDE_NAMES = ['bid', 'ask'] as const;
