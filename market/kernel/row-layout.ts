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

/** The columns that begin at `start`, a multiple of 8, with room for so many rows, a multiple of 8 too. */
export function columnsAt(buffer: ArrayBuffer, start: number, room: number) {
  const at = (offset: number): number => start + offset * room;
  return {
    exchangeTime: new Uint32Array(buffer, at(rowLayout.exchangeTime), 2 * room),
    localTime: new Uint32Array(buffer, at(rowLayout.localTime), 2 * room),
    updateId: new Uint32Array(buffer, at(rowLayout.updateId), 2 * room),
    quantity: new Float64Array(buffer, at(rowLayout.quantity), room),
    price: new Int32Array(buffer, at(rowLayout.price), room),
    kind: new Uint8Array(buffer, at(rowLayout.kind), room),
    flags: new Uint8Array(buffer, at(rowLayout.flags), room),
    updateIdValid: new Uint8Array(buffer, at(rowLayout.updateIdValid), room >>> 3),
  };
}
