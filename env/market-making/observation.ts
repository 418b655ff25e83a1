import { ASK, BID, type Side } from '../../market/side.ts';
import type { OwnQuote, QuoterContext, QuoterView } from '../quoter.ts';

// Runs at every decision, live too: writes into the caller's array, allocates nothing.

/** Base quantity of a lot and q_max, in whose terms quantities are seen. */
interface Scale {
  readonly lot: number;
  readonly maxInventory: number;
}

/** Writes one feature to `out[at]`; `level` of the book is 0 at the best. A function that returned it would put every
 * number on the heap. */
type Write = (out: Float32Array, at: number, view: QuoterView, scale: Scale, level: number) => void;

type Feature = readonly [name: string, unit: string, write: Write, level?: number];

const MICROSECONDS = 1e6;
/** Time to close is seen over the last minute only: before it, an end far off and none at all look the same. */
const CLOSE_HORIZON = 60 * MICROSECONDS;
const HOUR = 3600 * MICROSECONDS;

/** sign(x)·ln(1 + |x|): keeps the sign and the order, and a jump of a thousand ticks within 7. */
function signedLog(x: number): number {
  return x < 0 ? -Math.log1p(-x) : Math.log1p(x);
}

function clamp(x: number, limit: number): number {
  return Math.min(Math.max(x, -limit), limit);
}

/** ln(a/b) of two volatilities, 0 until both are known. */
function logRatio(a: number, b: number): number {
  return a > 0 && b > 0 ? clamp(Math.log(a / b), 5) : 0;
}

function ownSide(view: QuoterView, side: Side): OwnQuote {
  return side === BID ? view.bid : view.ask;
}

/** Displayed quantity at the own order's price, base currency; 0 where that is unknown. */
function levelAt(view: QuoterView, side: Side): number {
  const quantity = view.market.book.quantityAt(side, ownSide(view, side).price);
  return Number.isNaN(quantity) ? 0 : quantity;
}

/** Base quantity ahead of an active order. One still on its way will join behind all that is displayed. */
function ahead(view: QuoterView, side: Side): number {
  const { queueAhead } = ownSide(view, side);
  return Number.isNaN(queueAhead) ? levelAt(view, side) : queueAhead;
}

/** Share of the level that is ahead, in [0, 1]; 1 (the back) without an order. */
function queueShare(view: QuoterView, side: Side): number {
  if (!ownSide(view, side).active) return 1;
  const front = ahead(view, side);
  if (front <= 0) return 0;
  return Math.min(front / Math.max(levelAt(view, side), front), 1);
}

function queueAhead(view: QuoterView, side: Side, lot: number): number {
  return ownSide(view, side).active ? Math.log1p(Math.max(ahead(view, side), 0) / lot) : 0;
}

function age(own: OwnQuote): number {
  return own.active ? Math.log1p(Math.max(own.age, 0) / MICROSECONDS) : 0;
}

/** How far the own order is from mid towards its own side of the book, ticks; 0 without one. */
function ownDistance(view: QuoterView, side: Side): number {
  const own = ownSide(view, side);
  const { book, signals } = view.market;
  if (!own.active || !book.ready) return 0;
  return signedLog(side === BID ? signals.mid - own.price : own.price - signals.mid);
}

function spread(view: QuoterView): number {
  const { book } = view.market;
  return book.ready ? Math.log1p(Math.max(book.bestAsk - book.bestBid, 0)) : 0;
}

/** Position of `time` in its hour as an angle. */
function minuteAngle(time: number): number {
  return (2 * Math.PI * (time % HOUR)) / HOUR;
}

const LOG_TICKS = 'ln(1 + ticks), signed';
const LOG_LOTS = 'ln(1 + lots)';
const LOG_SIGNED_LOTS = 'ln(1 + lots), signed';
const LOG_COUNT = 'ln(1 + trades)';
const LOG_SIGMA = 'ln(1 + ticks/√s)';

/** Every feature with its unit and how it is computed from v, the view, and s, the scale, in the order of the
 * observation. */
// biome-ignore format: a line a feature reads as the table it is.
const FEATURES: readonly Feature[] = [
  // Price
  ['midChange50ms', LOG_TICKS, (o, i, v) => { o[i] = signedLog(v.market.signals.midChange50ms); }],
  ['midChange250ms', LOG_TICKS, (o, i, v) => { o[i] = signedLog(v.market.signals.midChange250ms); }],
  ['midChange1s', LOG_TICKS, (o, i, v) => { o[i] = signedLog(v.market.signals.midChange1s); }],
  ['midChange10s', LOG_TICKS, (o, i, v) => { o[i] = signedLog(v.market.signals.midChange10s); }],
  ['logReturn1s', 'bps', (o, i, v) => { o[i] = clamp(1e4 * v.market.signals.logReturn1s, 100); }],
  ['logReturn10s', 'bps', (o, i, v) => { o[i] = clamp(1e4 * v.market.signals.logReturn10s, 100); }],
  ['logReturn60s', 'bps', (o, i, v) => { o[i] = clamp(1e4 * v.market.signals.logReturn60s, 100); }],
  ['micropriceOffset', LOG_TICKS, (o, i, v) => { o[i] = signedLog(v.market.signals.micropriceOffset); }],
  ['spread', 'ln(1 + ticks)', (o, i, v) => { o[i] = spread(v); }],
  // Flow
  ['ofi1s', 'share in [−1, 1]', (o, i, v) => { o[i] = v.market.signals.ofi1s; }],
  ['ofi3s', 'share in [−1, 1]', (o, i, v) => { o[i] = v.market.signals.ofi3s; }],
  ['ofiZ1s', 'σ, in [−3, 3]', (o, i, v) => { o[i] = v.market.signals.ofiZ1s; }],
  ['ofiZ3s', 'σ, in [−3, 3]', (o, i, v) => { o[i] = v.market.signals.ofiZ3s; }],
  ['buyCount1s', LOG_COUNT, (o, i, v) => { o[i] = Math.log1p(v.market.signals.buyCount1s); }],
  ['sellCount1s', LOG_COUNT, (o, i, v) => { o[i] = Math.log1p(v.market.signals.sellCount1s); }],
  ['buyCount3s', LOG_COUNT, (o, i, v) => { o[i] = Math.log1p(v.market.signals.buyCount3s); }],
  ['sellCount3s', LOG_COUNT, (o, i, v) => { o[i] = Math.log1p(v.market.signals.sellCount3s); }],
  ['buyVolume1s', LOG_LOTS, (o, i, v, s) => { o[i] = volume(v.market.signals.buyVolume1s, s.lot); }],
  ['sellVolume1s', LOG_LOTS, (o, i, v, s) => { o[i] = volume(v.market.signals.sellVolume1s, s.lot); }],
  ['buyVolume3s', LOG_LOTS, (o, i, v, s) => { o[i] = volume(v.market.signals.buyVolume3s, s.lot); }],
  ['sellVolume3s', LOG_LOTS, (o, i, v, s) => { o[i] = volume(v.market.signals.sellVolume3s, s.lot); }],
  ['bookFlow1s', LOG_SIGNED_LOTS, (o, i, v, s) => { o[i] = signedLog(v.market.signals.bookFlow1s / s.lot); }],
  ['bookFlow10s', LOG_SIGNED_LOTS, (o, i, v, s) => { o[i] = signedLog(v.market.signals.bookFlow10s / s.lot); }],
  // Depth
  ...levels('bidDepth', LOG_LOTS, 0, (o, i, v, s, level) => { o[i] = volume(v.market.signals.bidDepth[level], s.lot); }),
  ...levels('askDepth', LOG_LOTS, 0, (o, i, v, s, level) => { o[i] = volume(v.market.signals.askDepth[level], s.lot); }),
  // The best level's distance is half the spread.
  ...levels('bidDistance', LOG_TICKS, 1, (o, i, v, _, level) => { o[i] = signedLog(v.market.signals.bidDistance[level]); }),
  ...levels('askDistance', LOG_TICKS, 1, (o, i, v, _, level) => { o[i] = signedLog(v.market.signals.askDistance[level]); }),
  ['bidSlope', 'ln(1 + lots/tick), signed', (o, i, v, s) => { o[i] = signedLog(v.market.signals.bidSlope / s.lot); }],
  ['askSlope', 'ln(1 + lots/tick), signed', (o, i, v, s) => { o[i] = signedLog(v.market.signals.askSlope / s.lot); }],
  ['depthImbalanceRaw', 'share in [−1, 1]', (o, i, v) => { o[i] = v.market.signals.depthImbalanceRaw; }],
  ['depthImbalance', 'σ, in [−3, 3]', (o, i, v) => { o[i] = v.market.signals.depthImbalance; }],
  // Volatility
  ['sigma', LOG_SIGMA, (o, i, v) => { o[i] = Math.log1p(v.market.signals.sigma); }],
  ['sigma1s', LOG_SIGMA, (o, i, v) => { o[i] = Math.log1p(v.market.signals.sigma1s); }],
  ['sigma10s', LOG_SIGMA, (o, i, v) => { o[i] = Math.log1p(v.market.signals.sigma10s); }],
  ['sigmaRatio', 'ln(σ1s/σ10s), in [−5, 5]', (o, i, v) => { o[i] = logRatio(v.market.signals.sigma1s, v.market.signals.sigma10s); }],
  // Own orders
  ['inventory', 'share of q_max', (o, i, v, s) => { o[i] = clamp(v.inventory / s.maxInventory, 4); }],
  ['bidActive', '0 or 1', (o, i, v) => { o[i] = v.bid.active ? 1 : 0; }],
  ['askActive', '0 or 1', (o, i, v) => { o[i] = v.ask.active ? 1 : 0; }],
  ['bidQueueShare', 'share ahead, in [0, 1]', (o, i, v) => { o[i] = queueShare(v, BID); }],
  ['askQueueShare', 'share ahead, in [0, 1]', (o, i, v) => { o[i] = queueShare(v, ASK); }],
  ['bidQueueAhead', LOG_LOTS, (o, i, v, s) => { o[i] = queueAhead(v, BID, s.lot); }],
  ['askQueueAhead', LOG_LOTS, (o, i, v, s) => { o[i] = queueAhead(v, ASK, s.lot); }],
  ['bidAge', 'ln(1 + s)', (o, i, v) => { o[i] = age(v.bid); }],
  ['askAge', 'ln(1 + s)', (o, i, v) => { o[i] = age(v.ask); }],
  ['ownBidDistance', LOG_TICKS, (o, i, v) => { o[i] = ownDistance(v, BID); }],
  ['ownAskDistance', LOG_TICKS, (o, i, v) => { o[i] = ownDistance(v, ASK); }],
  // Time
  ['timeToClose', 'share of the last 60 s', (o, i, v) => { o[i] = clamp(Math.max(v.timeToClose, 0) / CLOSE_HORIZON, 1); }],
  ['minuteSin', 'sine', (o, i, v) => { o[i] = Math.sin(minuteAngle(v.market.time)); }],
  ['minuteCos', 'cosine', (o, i, v) => { o[i] = Math.cos(minuteAngle(v.market.time)); }],
  ['ackP99', '100 ms', (o, i, v) => { o[i] = Number.isNaN(v.ackP99Ms) ? 0 : clamp(v.ackP99Ms / 100, 100); }],
];

function volume(quantity: number, lot: number): number {
  // Windows that add and subtract may leave −1e−17 where all volume has gone.
  return Math.log1p(Math.max(quantity, 0) / lot);
}

/** One feature for each of the best five levels from `first` on, named L1 to L5. */
function levels(name: string, unit: string, first: number, write: Write): readonly Feature[] {
  return [0, 1, 2, 3, 4].slice(first).map((level) => [`${name}L${level + 1}`, unit, write, level] as const);
}

/** Names of the features of MarketMaking-v0, in order. */
export const OBSERVATION_NAMES: readonly string[] = FEATURES.map(([name]) => name);

/** Unit of each feature. "ln(1 + x), signed" is sign(x)·ln(1 + |x|). */
export const OBSERVATION_UNITS: readonly string[] = FEATURES.map(([, unit]) => unit);

/** Number of features. */
export const OBSERVATION_SIZE = FEATURES.length;

/** What the agent's own doing decides, and not the market alone. */
export const OWN_FEATURES: readonly string[] = [
  'inventory',
  ...['bidActive', 'askActive', 'bidQueueShare', 'askQueueShare', 'bidQueueAhead', 'askQueueAhead'],
  ...['bidAge', 'askAge', 'ownBidDistance', 'ownAskDistance', 'ackP99'],
];

/** What the time of day alone decides: it tells nothing of a market. */
export const CLOCK_FEATURES: readonly string[] = ['timeToClose', 'minuteSin', 'minuteCos'];

const WRITE = FEATURES.map(([, , write]) => write);
const LEVEL = Int32Array.from(FEATURES, ([, , , level]) => level ?? 0);

/** Features that differ between agents which see the same market with the same lot. */
const OWN: ReadonlySet<string> = new Set([
  'inventory',
  'bidActive',
  'askActive',
  'bidQueueShare',
  'askQueueShare',
  'bidQueueAhead',
  'askQueueAhead',
  'bidAge',
  'askAge',
  'ownBidDistance',
  'ownAskDistance',
  'timeToClose',
  'ackP99',
]);
const OWN_PLACES = Int32Array.from(FEATURES.flatMap(([name], place) => (OWN.has(name) ? [place] : [])));

/** Turns a quoter's view into the raw features of MarketMaking-v0: finite and of moderate size in every situation. */
export class Observer {
  readonly #scale = { lot: 1, maxInventory: 1 };

  /** Takes lot and q_max of the session that begins. */
  reset(context: Pick<QuoterContext, 'lot' | 'maxInventory'>): void {
    this.#scale.lot = context.lot;
    this.#scale.maxInventory = context.maxInventory;
  }

  /** Writes the features of `view` into the first OBSERVATION_SIZE places of `out`. */
  observe(view: QuoterView, out: Float32Array): void {
    const scale = this.#scale;
    for (let i = 0; i < WRITE.length; i++) WRITE[i](out, i, view, scale, LEVEL[i]);
  }

  /** Does what `observe` does, where `beside` is what another agent with the same lot observed of the same market at the
   * same time: what is not one's own is copied. */
  observeBeside(view: QuoterView, out: Float32Array, beside: Float32Array): void {
    const scale = this.#scale;
    out.set(beside);
    for (let k = 0; k < OWN_PLACES.length; k++) {
      const i = OWN_PLACES[k];
      WRITE[i](out, i, view, scale, LEVEL[i]);
    }
  }
}
