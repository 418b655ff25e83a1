const PREFIX = Buffer.from('{"stream":"');
const QUOTE = 0x22;
const LONGEST = 96;

/** Stream of a combined message, which Binance always puts first; undefined where it is not there. */
export function streamOf(bytes: Buffer): string | undefined {
  if (bytes.length < PREFIX.length || PREFIX.compare(bytes, 0, PREFIX.length) !== 0) return undefined;
  const end = bytes.indexOf(QUOTE, PREFIX.length);
  if (end < 0 || end > LONGEST) return undefined;
  return bytes.toString('latin1', PREFIX.length, end);
}

const symbols = new Map<string, string>();

/** `BTCUSDT` of `btcusdt@depth@100ms`. */
export function symbolOfStream(name: string): string {
  let symbol = symbols.get(name);
  if (symbol === undefined) {
    const at = name.indexOf('@');
    symbol = (at < 0 ? name : name.slice(0, at)).toUpperCase();
    // A broken exchange could invent names without end.
    if (symbols.size < 10_000) symbols.set(name, symbol);
  }
  return symbol;
}
