/**
 * Our fills and hftbacktest's, one by one, on the same rows with the same models and strategy:
 * `npm run bench -- fills`. Lists every difference with its reason; docs/exchange.md explains them.
 */
import { formatTime } from '../base/time.ts';
import type { Fill, QueueModel } from '../env/exchange/models.ts';
import { PowerQueue } from '../env/exchange/queue.ts';
import { Lane } from '../env/lane.ts';
import { runSession } from '../env/session.ts';
import { DEFAULT_LANE } from '../env/settings.ts';
import type { MarketListener } from '../market/market.ts';
import { TapeReplay } from '../market/replay.ts';
import { ASK, BID, type Side } from '../market/side.ts';
import { openTape } from '../market/tape/reader.ts';
import type { Bench, BenchContext, Figure } from './bench.ts';
import { type Clock, clockBehind, writeHftEvents } from './hft-events.ts';
import { missingPackage, runPeer } from './peer-process.ts';
import { type Recording, scratchFolder, TOP_PRICE, tapeOf } from './recordings.ts';
import { TouchQuoter } from './touch-quoter.ts';

/** A fill of either: µs, own side, ticks, base quantity. */
interface PlainFill {
  readonly time: number;
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
}

type Reason = 'behind' | 'rounding' | 'unexplained';

const REASONS: Readonly<Record<Reason, string>> = {
  behind: 'queue behind after a trade',
  rounding: 'less than a step of the trade left',
  unexplained: 'UNEXPLAINED',
};

/** Fills of one order that are this close are the same fill at another moment, µs. */
const SAME_ORDER = 1_000_000;

const keyOf = ({ time, side, price, quantity }: PlainFill) =>
  `${time} ${side} ${price} ${quantity.toFixed(8)}`;

/** An own order as it was when the message at hand began. */
interface OrderBefore {
  readonly side: Side;
  readonly price: number;
  /** Estimated base quantity ahead, and base quantity traded at its price since the level's last update. */
  readonly front: number;
  readonly traded: number;
}

/** The power(2) queue with hftbacktest's idea of what is behind: the level as displayed before the update less the front,
 * though what trades took off the front is still displayed then. */
class PeerQueue implements QueueModel {
  readonly name = 'power:2 as hftbacktest';
  readonly #power = new PowerQueue(2);
  readonly #orders: readonly OrderBefore[];

  constructor(orders: readonly OrderBefore[]) {
    this.#orders = orders;
  }

  afterDecrease(front: number, back: number, decrease: number, level: number): number {
    const order = this.#orders.find((one) => one.front === front);
    return this.#power.afterDecrease(front, back + (order?.traded ?? 0), decrease, level);
  }
}

interface Run {
  readonly fills: readonly PlainFill[];
  /** Keys of the moments at which half a step or more of a trade, but no whole one, was left for an own order. */
  readonly nearMisses: ReadonlySet<string>;
}

/** Our fills; with `peerQueue` as they are under the peer's estimate of the queue. */
async function ours(path: string, interval: number, peerQueue: boolean): Promise<Run> {
  const replay = new TapeReplay([openTape(path)]);
  const { instrument, market } = replay;
  const lot = instrument.stepSize;
  const fills: PlainFill[] = [];
  const nearMisses = new Set<string>();
  const before: OrderBefore[] = [];
  const onFill = ({ time, side, price, quantity, reason }: Fill): void => {
    if (reason !== 'taker') fills.push({ time, side, price, quantity });
  };
  const lane = new Lane({
    instrument,
    settings: { ...DEFAULT_LANE, lot, decisionIntervalMs: interval, maxInventory: 1e9 },
    lot,
    seed: 0,
    listeners: [{ onFill }],
    queue: peerQueue ? new PeerQueue(before) : undefined,
  });
  const watcher: MarketListener = {
    beforeMessage() {
      before.length = 0;
      for (const side of [BID, ASK] as const) {
        for (const { price, front, traded } of lane.openOrders(side)) {
          before.push({ side, price, front, traded });
        }
      }
    },
    onTrade(price, quantity, aggressor) {
      const side = aggressor === BID ? ASK : BID;
      for (const order of before) {
        if (order.side !== side || order.price !== price) continue;
        const steps = (quantity - order.front) / lot;
        if (steps < 0.5 || steps >= 1 - 1e-6) continue;
        nearMisses.add(keyOf({ time: market.time, side, price, quantity: lot }));
      }
    },
    onLevel: () => undefined,
    onReset: () => undefined,
    onGap: () => undefined,
    afterMessage: () => undefined,
  };
  const quoter = new TouchQuoter();
  // A session lets go of whoever listened to the market before it.
  quoter.reset = () => market.addListener(watcher);
  await runSession({ replay, lanes: [{ lane, quoter }] });
  replay.close();
  return { fills, nearMisses };
}

interface Theirs {
  readonly decisions: number;
  readonly fills: readonly (readonly [time: number, side: number, price: number, quantity: number])[];
}

function theirs(
  python: string,
  path: string,
  recording: Recording,
  interval: number,
  clock: Clock,
): readonly PlainFill[] {
  const tape = openTape(path);
  const events = `${scratchFolder()}/fills.npy`;
  writeHftEvents(tape, events, clock);
  const { tickSize, stepSize } = tape.info.instrument;
  tape.close();
  const parameters = [events, tickSize, stepSize, TOP_PRICE[recording], stepSize, interval].map(String);
  const { fills } = runPeer<Theirs>(python, 'hft_fills.py', parameters);
  return fills.map(([time, side, price, quantity]) => ({
    time,
    side: side > 0 ? BID : ASK,
    price,
    quantity,
  }));
}

/** Those of `fills` that `others` lack. */
function missing(fills: readonly PlainFill[], others: readonly PlainFill[]): readonly PlainFill[] {
  const keys = new Set(others.map(keyOf));
  return fills.filter((fill) => !keys.has(keyOf(fill)));
}

async function* compare(
  { log, python, data }: BenchContext,
  recording: Recording,
  interval: number,
): AsyncIterable<Figure> {
  if (data === undefined) return;
  const path = await tapeOf(data, recording);
  const plain = await ours(path, interval, false);
  const asPeer = await ours(path, interval, true);
  const their = theirs(python, path, recording, interval, 'local');
  const oursOnly = missing(plain.fills, their);
  const theirsOnly = missing(their, plain.fills);
  // Under the peer's estimate only what rounding does is left.
  const left = [...missing(asPeer.fills, their), ...missing(their, asPeer.fills)];
  const rounded = left.filter((fill) => asPeer.nearMisses.has(keyOf(fill)));
  const near = (fill: PlainFill, other: PlainFill) =>
    fill.side === other.side && fill.price === other.price && Math.abs(fill.time - other.time) <= SAME_ORDER;
  const reasonOf = (fill: PlainFill): Reason => {
    if (!left.some((one) => keyOf(one) === keyOf(fill))) return 'behind';
    return rounded.some((one) => near(one, fill)) ? 'rounding' : 'unexplained';
  };
  const counts = { behind: [0, 0], rounding: [0, 0], unexplained: [0, 0] };
  for (const [who, list] of [oursOnly, theirsOnly].entries()) {
    for (const fill of list) {
      const reason = reasonOf(fill);
      counts[reason][who]++;
      const side = fill.side === BID ? 'bought' : 'sold';
      log(
        `  ${who === 0 ? 'ours only  ' : 'theirs only'} ${formatTime(fill.time)} ${side} ` +
          `${fill.quantity} at ${fill.price} ticks: ${REASONS[reason]}`,
      );
    }
  }
  const told = Object.entries(counts).filter(([, [a, b]]) => a + b > 0);
  const parts = told.map(([reason, [a, b]]) => `${REASONS[reason as Reason]} ${a} and ${b}`);
  const equal = plain.fills.length - oursOnly.length;
  yield {
    what: `fills of ${recording}, a decision each ${interval} ms: equal to the microsecond`,
    ours: (100 * equal) / Math.max(plain.fills.length, their.length),
    unit: '%',
    note:
      `${equal} equal, ${oursOnly.length} ours only, ${theirsOnly.length} theirs only` +
      (parts.length > 0 ? ` (${parts.join('; ')})` : ''),
  };
  const twoClocks = theirs(python, path, recording, interval, 'both');
  const tape = openTape(path);
  const behind = clockBehind(tape);
  tape.close();
  const unmatched = [...twoClocks];
  let same = 0;
  for (const fill of plain.fills) {
    const moved = { ...fill, time: fill.time + behind };
    const index = unmatched.findIndex((other) => near(moved, other));
    if (index < 0) continue;
    unmatched.splice(index, 1);
    same++;
  }
  yield {
    what: `fills of ${recording}, a decision each ${interval} ms, theirs with both recorded clocks: same side and price within 1 s`,
    ours: (100 * same) / Math.max(plain.fills.length, twoClocks.length),
    unit: '%',
    note: `${plain.fills.length} ours, ${twoClocks.length} theirs, ${same} in both`,
  };
}

export const fills: Bench = {
  name: 'fills',
  describe: "our fills and hftbacktest's, one by one",
  async *run(context) {
    const reason =
      context.data === undefined
        ? 'no recordings; set MAKERGYM_DATA'
        : missingPackage(context.python, 'hftbacktest');
    if (reason !== undefined) {
      context.log(`fills: ${reason}`);
      return;
    }
    yield* compare(context, 'usdm-btcusdt', 100);
    yield* compare(context, 'usdm-btcusdt', 10);
    yield* compare(context, 'spot-nexousdt', 100);
  },
};
