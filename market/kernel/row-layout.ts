/**
 * Where columns of tape rows begin, from a common start: so many bytes for each row that there is room for. Times and update
 * ids are whole numbers of 64 bits; the last column is a bit a row.
 */
export const rowLayout = {
  exchangeTime: 0,
  localTime: 8,
  updateId: 16,
  quantity: 24,
  price: 32,
  kind: 36,
  flags: 37,
  updateIdValid: 38,
  bytes: 39,
} as const;
