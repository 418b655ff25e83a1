import { InputError, nearestMatch } from '../../base/errors.ts';
import { parseDuration, parseTime } from '../../base/time.ts';
import { QUEUE_MODELS } from '../../env/settings.ts';
import type { Arguments, OptionSpec } from '../command.ts';

/**
 * How a lane trades, the same for `backtest`, `evaluate`, `train` and `shadow`. All but `--start` and `--end` land in
 * the configuration under `lane`; those two are read by {@link spanOptions}.
 */
export const LANE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  latency: {
    type: 'string',
    describe: 'travel time of a message each way, or to and from the exchange (default 10ms)',
    placeholder: 'D|D,D',
    config: 'lane.latency',
    parse: parseLatency,
  },
  queue: {
    type: 'string',
    describe: 'queue model: power:N, log, log2, risk-averse (default power:2)',
    placeholder: 'MODEL',
    config: 'lane.queue',
    parse: parseQueue,
  },
  fees: {
    type: 'string',
    describe: 'maker and taker fee in bps; a negative one is a rebate, written --fees=-0.5,4 (default 0,5)',
    placeholder: 'MAKER,TAKER',
    config: 'lane.fees',
    parse: parseFees,
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

/** `10ms`, or `10ms,20ms`: to the exchange and back. */
export function parseLatency(text: string): { readonly entryMs: number; readonly responseMs: number } {
  const parts = text.split(',').map((part) => parseDuration(part, '--latency') / 1000);
  const [entryMs, responseMs = entryMs] = parts;
  if (parts.length <= 2 && Math.max(...parts) <= 60_000) return { entryMs, responseMs };
  throw new InputError({
    code: 'bad-latency',
    message:
      parts.length > 2
        ? `--latency ${text} names ${parts.length} times.`
        : `--latency ${text} is out of range.`,
    field: '--latency',
    value: text,
    expected: 'one duration, or two with a comma, of at most 60s',
    hint: 'Write it like 10ms or 10ms,20ms.',
  });
}

/** `power:2`, `log`, `log2` or `risk-averse`. */
export function parseQueue(text: string): { readonly model: string; readonly exponent?: number } {
  const [model, parameter, ...rest] = text.split(':');
  if (!(QUEUE_MODELS as readonly string[]).includes(model)) {
    const near = nearestMatch(model, QUEUE_MODELS);
    throw new InputError({
      code: 'unknown-queue-model',
      message: `Unknown queue model "${model}".`,
      field: '--queue',
      value: text,
      expected: 'power:N, log, log2 or risk-averse',
      hint: near === undefined ? 'Write it like power:2.' : `Did you mean "${near}"?`,
    });
  }
  if (parameter === undefined) return { model };
  const exponent = parameter.trim() === '' ? Number.NaN : Number(parameter);
  if (model === 'power' && rest.length === 0 && exponent > 0 && Number.isFinite(exponent)) {
    return { model, exponent };
  }
  throw new InputError({
    code: 'bad-queue-model',
    message: `--queue ${text} does not name a queue model.`,
    field: '--queue',
    value: text,
    expected: model === 'power' ? 'power:N with a positive number N' : `${model} without a parameter`,
    hint: 'Write it like power:2.',
  });
}

/** `maker,taker` in basis points. */
export function parseFees(text: string): { readonly makerBps: number; readonly takerBps: number } {
  const [makerBps, takerBps, ...rest] = text
    .split(',')
    .map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const usable = (bps: number) => bps >= -100 && bps <= 1000;
  if (rest.length === 0 && usable(makerBps) && usable(takerBps)) return { makerBps, takerBps };
  throw new InputError({
    code: 'bad-fees',
    message: `--fees ${text} does not name two fees.`,
    field: '--fees',
    value: text,
    expected: 'maker and taker fee in bps from −100 to 1000, with a comma',
    hint: 'Write it like 0,5, and a rebate like --fees=-0.5,4.',
  });
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
