/**
 * Lines that makergym itself writes into a recording, between the exchange's messages: what only the recording process
 * knew, at the local time at which it took effect. Each is JSON with `e` as its type.
 *
 * - `makergymSession`: a live session decided on this stream, without an end in sight.
 * - `makergymOverflowBegin`, `makergymOverflowEnd`: what lies between was recorded, but came too fast to be applied.
 * - `makergymCondition`: a condition that no message shows began (`active`) or ended, by its `reason`.
 * - `makergymContinued`: the file goes on where the one before it ended.
 * - `makergymEnd`: the recording ends here.
 */
export type ControlLine =
  | { readonly e: 'makergymSession' }
  | { readonly e: 'makergymOverflowBegin' }
  | { readonly e: 'makergymOverflowEnd' }
  | { readonly e: 'makergymCondition'; readonly reason: string; readonly active: boolean }
  | { readonly e: 'makergymContinued' }
  | { readonly e: 'makergymEnd' };

const PREFIX = 'makergym';

/** Whether an event type is one of ours. */
export function isControl(type: string): boolean {
  return type.startsWith(PREFIX);
}

export function encodeControl(line: ControlLine): Buffer {
  return Buffer.from(JSON.stringify(line));
}

/** Reads a line of ours; undefined for one that this release does not know. */
export function decodeControl(bytes: Uint8Array): ControlLine | undefined {
  const { e, reason, active } = JSON.parse(Buffer.from(bytes).toString()) as Readonly<
    Record<string, unknown>
  >;
  switch (e) {
    case 'makergymSession':
    case 'makergymOverflowBegin':
    case 'makergymOverflowEnd':
    case 'makergymContinued':
    case 'makergymEnd':
      return { e };
    case 'makergymCondition':
      return typeof reason === 'string' && typeof active === 'boolean' ? { e, reason, active } : undefined;
    default:
      return undefined;
  }
}
