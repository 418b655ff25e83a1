import { ASK, BID } from '../../side.ts';
import { FittedMarket } from '../fitted-market.ts';
import type { FittedParameters } from '../fitted-parameters.ts';
import type { MarketSink } from '../simulated-market.ts';

/** Emptied queues that a simulation is judged by, and turns of the secant. */
const WANTED = 600;
const TURNS = 7;
const CLOSE = 0.03;
const SEED = 1;

/** What is compared, a second: best queues that are gone from one depth message to the next, and market orders. */
export interface Activity {
  readonly emptied: number;
  readonly orders: number;
}

/**
 * Sets two numbers by simulation, so that best queues empty and market orders come as often as on the tape, counted
 * alike: a factor on the probabilities that a market order or a cancel empties the best queue, and one on the base rate
 * of market orders. Single events are hidden on L2 data, and what is counted apart does not add up to quite the same.
 */
export function calibrate(
  parameters: FittedParameters,
  tape: Activity,
): { readonly parameters: FittedParameters; readonly emptyingFactor: number; readonly orderFactor: number } {
  const seconds = Math.min(WANTED / tape.emptied, 200_000);
  let emptying = 1;
  let orders = 1;
  for (let turn = 0; turn < TURNS; turn++) {
    const found = activity(scaled(parameters, emptying, orders), seconds);
    const [more, faster] = [tape.emptied / found.emptied, tape.orders / found.orders];
    if (Math.abs(more - 1) < CLOSE && Math.abs(faster - 1) < CLOSE) break;
    emptying = Math.min(5, Math.max(0.1, emptying * more));
    orders = Math.min(2, Math.max(0.5, orders * faster));
  }
  return { parameters: scaled(parameters, emptying, orders), emptyingFactor: emptying, orderFactor: orders };
}

function scaled(parameters: FittedParameters, emptying: number, orders: number): FittedParameters {
  const { touch } = parameters;
  const likelier = (values: readonly number[]) => values.map((value) => Math.min(1, emptying * value));
  return {
    ...parameters,
    touch: {
      ...touch,
      sweep: likelier(touch.sweep),
      wipe: likelier(touch.wipe),
      market: touch.market.map((factor) => orders * factor),
    },
  };
}

function activity(parameters: FittedParameters, seconds: number): Activity {
  const market = new FittedMarket(parameters, SEED, 0);
  const { depthInterval } = market;
  const before = [market.best(BID), market.best(ASK)];
  let emptied = 0;
  let orders = 0;
  let last = -1;
  const sink: MarketSink = {
    onTrade: (time) => {
      // An order's trades have one time.
      if (time !== last) orders++;
      last = time;
    },
    onLevel() {},
    onSettled() {},
  };
  const end = seconds * 1e6;
  for (let due = depthInterval; due < end; ) {
    while (market.peek() < due) market.next(sink);
    for (const side of [BID, ASK] as const) {
      if (market.quantityAt(side, before[side]) === 0) emptied++;
      before[side] = market.best(side);
    }
    due = (1 + Math.floor(market.peek() / depthInterval)) * depthInterval;
  }
  return { emptied: Math.max(emptied, 1) / seconds, orders: Math.max(orders, 1) / seconds };
}
