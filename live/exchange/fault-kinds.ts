/** What can go wrong, in the exchange's streams, its sockets and its REST answers. */
export const FAULT_KINDS = [
  'drop',
  'duplicate',
  'reorder',
  'delay',
  'burst',
  'corrupt-json',
  'cut',
  'half-open',
  'silence',
  'clock-skew',
  'stale-snapshot',
  'slow-snapshot',
  'rate-limit',
  'ban',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];
