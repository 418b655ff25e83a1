import { InputError } from '../../base/errors.ts';
import { parseDuration, parseTime } from '../../base/time.ts';
import { SELF_TRADE_MODES, TIMES_IN_FORCE } from '../../env/exchange/models.ts';
import type { Arguments, OptionSpec } from '../command.ts';
import { parseFees } from './fees.ts';
import { parseImpact } from './impact.ts';
import { parseFeedLatency, parseLatency } from './latency.ts';
import { parseQueue } from './queue.ts';

/**
 * How a lane trades, the same for `backtest`, `evaluate`, `train` and `shadow`. All but `--start` and `--end` land in
 * the configuration under `lane`; those two are read by {@link spanOptions}.
 */
export const LANE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  latency: {
    type: 'string',
    describe:
      'travel time of a message each way, or to and from the exchange (default 10ms); or a model: log-normal:10ms,p99=40ms, ' +
      'spikes:10ms,jitter=2ms,probability=0.01,size=200ms, tape, tape:FILE, file:FILE',
    placeholder: 'D|D,D|MODEL',
    config: 'lane.latency',
    parse: parseLatency,
  },
  'feed-latency': {
    type: 'string',
    describe: "how old the market is that the agent sees, beyond the tape's own delay (default 0ms)",
    placeholder: 'D',
    config: 'lane.latency.feedMs',
    parse: parseFeedLatency,
  },
  queue: {
    type: 'string',
    describe: 'queue model: power:N, log, log2, risk-averse, pro-rata (default power:2)',
    placeholder: 'MODEL',
    config: 'lane.queue',
    parse: parseQueue,
  },
  fees: {
    type: 'string',
    describe:
      'maker and taker fee in bps; a negative one is a rebate, written --fees=-0.5,4 (default 0,5); or a model: ' +
      'quantity:MAKER,TAKER, binance-spot:vip3,bnb, binance-usdm:volume=2e7, tiers',
    placeholder: 'MAKER,TAKER|MODEL',
    config: 'lane.fees',
    parse: parseFees,
  },
  'time-in-force': {
    type: 'string',
    describe:
      'gtx: post-only; gtc: may take, then rests; ioc: takes, the rest expires; fok: all or nothing (default gtx)',
    choices: TIMES_IN_FORCE,
    config: 'lane.timeInForce',
  },
  'self-trade': {
    type: 'string',
    describe: 'which of two own orders that would trade with each other expires (default expire-taker)',
    choices: SELF_TRADE_MODES,
    config: 'lane.selfTrade',
  },
  'min-notional': {
    type: 'number',
    describe: "smallest value of an order in quote currency (default: the instrument's)",
    placeholder: 'V',
    minimum: 0,
    config: 'lane.minNotional',
  },
  'min-quantity': {
    type: 'number',
    describe: "smallest quantity of an order in base currency (default: the instrument's)",
    placeholder: 'Q',
    minimum: 0,
    config: 'lane.minQuantity',
  },
  impact: {
    type: 'string',
    describe:
      'own fills thin out the book for a decay time, such as 5s, or 5s,0.5 for half of each (default off)',
    placeholder: 'D[,SHARE]',
    config: 'lane.impact',
    parse: parseImpact,
  },
  lot: {
    type: 'number',
    describe: 'size of a lot in base currency (default: about 100 units of quote currency)',
    placeholder: 'Q',
    above: 0,
    config: 'lane.lot',
  },
  'max-inventory': {
    type: 'number',
    describe: 'largest position in lots (default 10)',
    placeholder: 'LOTS',
    above: 0,
    config: 'lane.maxInventory',
  },
  'decision-interval': {
    type: 'string',
    describe: 'time between two decisions (default 100ms)',
    placeholder: 'D',
    config: 'lane.decisionIntervalMs',
    parse: parseDecisionInterval,
  },
  start: {
    type: 'string',
    describe: 'first time, ISO 8601 UTC (default: start of the tape)',
    placeholder: 'TIME',
  },
  end: {
    type: 'string',
    describe: 'last time, ISO 8601 UTC (default: end of the tape)',
    placeholder: 'TIME',
  },
};

/** `--start` and `--end` in µs; undefined where not given. */
export function spanOptions(args: Arguments): { readonly start?: number; readonly end?: number } {
  const time = (name: 'start' | 'end') =>
    args[name] === undefined ? undefined : parseTime(String(args[name]), `--${name}`);
  return { start: time('start'), end: time('end') };
}

function parseDecisionInterval(text: string): number {
  const microseconds = parseDuration(text, '--decision-interval');
  if (microseconds > 0 && microseconds <= 60e6) return microseconds / 1000;
  throw new InputError({
    code: 'bad-duration',
    message: `--decision-interval ${text} is out of range.`,
    field: '--decision-interval',
    value: text,
    expected: 'more than 0, at most 60s',
    hint: 'Write it like 100ms.',
  });
}
