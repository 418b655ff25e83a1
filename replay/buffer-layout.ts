/**
 * Where a replay buffer's numbers lie, in memory as on disk: a header of uint32 words, then a column each for observations,
 * actions, rewards and kinds.
 */

export const MAGIC = 0x4252474d; // "MGRB", little-endian
export const VERSION = 1;
export const HEADER_BYTES = 64;
/** Words of the header. */
export const Word = {
  magic: 0,
  version: 1,
  observationSize: 2,
  actionSize: 3,
  streams: 4,
  rows: 5,
  head: 6,
  count: 7,
  finals: 8,
} as const;

/** Rows of a capacity: whole steps of all streams, and the step at the head whose actions are still to come. */
export function rowsFor(capacity: number, streams: number): number {
  return Math.ceil(capacity / streams) * streams + streams;
}

export function columns(rows: number, observationSize: number, actionSize: number) {
  const observations = HEADER_BYTES;
  const actions = observations + rows * observationSize * 4;
  const rewards = actions + rows * actionSize * 4;
  const kinds = rewards + rows * 4;
  return { observations, actions, rewards, kinds, bytes: kinds + rows };
}

/** Rows are used from the first on, the head's included; after the first turn all are. */
export function usedRows(header: Uint32Array): number {
  return header[Word.count] + header[Word.streams];
}
