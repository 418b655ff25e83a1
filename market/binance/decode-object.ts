import { type Levels, type Message, MessageKind } from './message.ts';

/** Times below are milliseconds. */
export const LEAST_MICROSECONDS = 1e14;

/** Milliseconds (13 digits) or, from streams opened with `timeUnit=MICROSECOND`, microseconds (16 digits); −1 is none. */
export function toMicroseconds(time: number): number {
  if (time < 0) return -1;
  return time < LEAST_MICROSECONDS ? time * 1000 : time;
}

/**
 * Fills `message` from a parsed payload: a combined-stream envelope, a plain event, or a REST snapshot. The plain and
 * complete statement of what is understood; the byte scanner of decoder.ts says the same faster. Returns false where
 * the payload has the shape of a known message but not its content (a price that is no number).
 */
export function decodeObject(payload: unknown, message: Message): boolean {
  message.clear();
  const outer = asRecord(payload);
  if (outer === undefined) {
    message.type = 'array';
    return true;
  }
  const { stream } = outer;
  const body = asRecord(outer.data) ?? asRecord(outer.result) ?? outer;
  const type = typeof body.e === 'string' ? body.e : '';
  message.symbol = (typeof body.s === 'string' ? body.s : '').toUpperCase();
  message.eventTime = time(body.E);
  message.transactionTime = time(body.T);
  if (typeof stream === 'string' && isPartialDepth(stream)) {
    message.type = 'partialDepth';
    return true;
  }
  if (type === 'depthUpdate') {
    message.kind = MessageKind.depth;
    message.firstId = id(body.U);
    message.lastId = id(body.u);
    message.previousId = id(body.pu);
    return (
      message.firstId >= 0 &&
      message.lastId >= 0 &&
      levels(body.b, message.bids) &&
      levels(body.a, message.asks)
    );
  }
  if (type === 'trade' || type === 'aggTrade') {
    message.kind = type === 'trade' ? MessageKind.trade : MessageKind.aggTrade;
    message.tradeId = id(type === 'trade' ? body.t : body.a);
    message.price = decimal(body.p);
    message.quantity = decimal(body.q);
    message.buyerIsMaker = body.m === true;
    message.execution = typeof body.X === 'string' && body.X !== 'MARKET' ? body.X : '';
    return typeof body.m === 'boolean' && message.price >= 0 && message.quantity >= 0;
  }
  if (type === 'bookTicker' || (type === '' && typeof body.B === 'string' && typeof body.A === 'string')) {
    message.kind = MessageKind.bookTicker;
    message.lastId = id(body.u);
    message.bidPrice = decimal(body.b);
    message.bidQuantity = decimal(body.B);
    message.askPrice = decimal(body.a);
    message.askQuantity = decimal(body.A);
    return message.lastId >= 0 && message.bidPrice >= 0 && message.askPrice >= 0;
  }
  if (type === '' && 'lastUpdateId' in body) {
    message.kind = MessageKind.snapshot;
    message.lastId = id(body.lastUpdateId);
    if (typeof body.symbol === 'string') message.symbol = body.symbol.toUpperCase();
    return message.lastId >= 0 && levels(body.bids, message.bids) && levels(body.asks, message.asks);
  }
  message.type = type !== '' ? type : typeof body.code === 'number' ? 'error' : 'response';
  return true;
}

/** Streams such as `btcusdt@depth20@100ms` are top-of-book pictures, not the diffs a book is kept with. */
export function isPartialDepth(stream: string): boolean {
  return /@depth(5|10|20)(@|$)/.test(stream);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

function id(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : -1;
}

function time(value: unknown): number {
  return typeof value === 'number' && value > 0 ? toMicroseconds(value) : -1;
}

/** Binance sends decimals as strings; numbers are taken as well. NaN for anything else. */
function decimal(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
}

function levels(value: unknown, into: Levels): boolean {
  if (!Array.isArray(value)) return false;
  for (const level of value) {
    if (!Array.isArray(level)) return false;
    const price = decimal(level[0]);
    const quantity = decimal(level[1]);
    if (!(price >= 0 && quantity >= 0)) return false;
    into.push(price, quantity);
  }
  return true;
}
