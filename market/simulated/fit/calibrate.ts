import { ASK, BID } from '../../side.ts';
import { FittedMarket } from '../fitted-market.ts';
import type { FittedParameters } from '../fitted-parameters.ts';
import type { MarketSink } from '../simulated-market.ts';

/** Emptied queues that a simulation is judged by, and turns of the secant. */
const WANTED = 600;
const TURNS = 7;
const CLOSE = 0.03;
const SEED = 1;
const SILENT: MarketSink = { onTrade() {}, onLevel() {}, onSettled() {} };

/**
 * Sets one number by simulation: the factor on the probabilities that a market order or a cancel empties the best queue,
 * so that best queues empty as often as on the tape, counted alike, from one depth message to the next. Single events are
 * hidden on L2 data, and what is counted apart does not add up to quite the same. Returns the factor used.
 */
export function calibrateMoves(
  parameters: FittedParameters,
  perSecond: number,
): { readonly parameters: FittedParameters; readonly factor: number } {
  const seconds = Math.min(WANTED / perSecond, 200_000);
  let factor = 1;
  for (let turn = 0; turn < TURNS; turn++) {
    const found = emptiedPerSecond(scaled(parameters, factor), seconds);
    const ratio = perSecond / Math.max(found, 1e-9);
    if (Math.abs(ratio - 1) < CLOSE) break;
    // Refills answer emptied queues, so the rate moves a little less than the factor.
    factor = Math.min(5, Math.max(0.1, factor * ratio));
  }
  return { parameters: scaled(parameters, factor), factor };
}

function scaled(parameters: FittedParameters, factor: number): FittedParameters {
  const { touch } = parameters;
  const times = (values: readonly number[]) => values.map((value) => Math.min(1, factor * value));
  return { ...parameters, touch: { ...touch, sweep: times(touch.sweep), wipe: times(touch.wipe) } };
}

/** Best queues of either side that are gone from one depth message to the next. */
function emptiedPerSecond(parameters: FittedParameters, seconds: number): number {
  const market = new FittedMarket(parameters, SEED, 0);
  const { depthInterval } = market;
  const before = [market.best(BID), market.best(ASK)];
  let emptied = 0;
  const end = seconds * 1e6;
  for (
    let due = depthInterval;
    due < end;
    due = (1 + Math.floor(market.peek() / depthInterval)) * depthInterval
  ) {
    while (market.peek() < due) market.next(SILENT);
    for (const side of [BID, ASK] as const) {
      if (market.quantityAt(side, before[side]) === 0) emptied++;
      before[side] = market.best(side);
    }
  }
  return emptied / seconds;
}
