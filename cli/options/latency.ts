import { InputError } from '../../base/errors.ts';
import { parseDuration } from '../../base/time.ts';
import { NORMAL_P99 } from '../../env/exchange/normal-quantile.ts';
import type { LatencySettings } from '../../env/settings.ts';
import { badModel, type ModelGrammar, numberIn, parseModelText } from './model-text.ts';

const GRAMMAR: ModelGrammar = {
  option: '--latency',
  code: 'bad-latency',
  what: 'latency model',
  models: {
    constant: { values: 2, keys: [], example: '10ms or 10ms,20ms' },
    'log-normal': { values: 2, keys: ['p99', 'sigma'], example: 'log-normal:10ms,p99=40ms' },
    spikes: {
      values: 2,
      keys: ['jitter', 'probability', 'size', 'duration'],
      example: 'spikes:10ms,jitter=2ms,probability=0.01,size=200ms,duration=2s',
    },
    tape: { values: 1, keys: ['scale', 'add'], example: 'tape or tape:day.arrow,scale=1.5' },
    file: { values: 1, keys: ['scale', 'add', 'timeout'], example: 'file:orders.csv' },
  },
};

/** Longest time on the way, ms. */
const LONGEST = 60_000;

/** `10ms`, `10ms,20ms` (to the exchange and back), or a model with its parameters: docs/exchange/latency.md. */
export function parseLatency(text: string): LatencySettings {
  if (!/^[a-z]/.test(text)) {
    const [entryMs, responseMs = entryMs, ...rest] = text.split(',').map((part) => time(text, part));
    if (rest.length > 0) throw outOfRange(text, `--latency ${text} names ${2 + rest.length} times.`);
    return { model: 'constant', entryMs, responseMs };
  }
  const { name, values, named } = parseModelText(text, GRAMMAR);
  const optional = (key: string): number | undefined =>
    named[key] === undefined ? undefined : time(text, named[key]);
  if (name === 'tape' || name === 'file') {
    const added = optional('add') ?? 0;
    const scale =
      named.scale === undefined ? 1 : numberIn(text, named.scale, GRAMMAR, { above: 0, to: 1000 }, 'scale');
    const [file = null] = values;
    if (name === 'tape') return { model: 'tape', entryMs: added, responseMs: added, scale, file };
    if (file === null) throw badModel(text, GRAMMAR, 'file:FILE', GRAMMAR.models.file.example);
    const timeoutMs = optional('timeout') ?? 1000;
    return { model: 'file', entryMs: added, responseMs: added, scale, file, timeoutMs };
  }
  const times = values.map((value) => time(text, value));
  const [entryMs, responseMs = entryMs] = times;
  if (entryMs === undefined)
    throw badModel(text, GRAMMAR, `${name}:D or ${name}:D,D`, GRAMMAR.models[name].example);
  if (name === 'constant') return { model: 'constant', entryMs, responseMs };
  if (name === 'log-normal') {
    return { model: 'log-normal', entryMs, responseMs, sigma: sigmaOf(text, named, entryMs) };
  }
  const probability = named.probability ?? '0';
  return {
    model: 'spikes',
    entryMs,
    responseMs,
    jitterMs: optional('jitter') ?? 0,
    spikeProbability: numberIn(text, probability, GRAMMAR, { from: 0, to: 1 }, 'probability'),
    spikeMs: optional('size') ?? 0,
    spikeDurationMs: Math.max(optional('duration') ?? 1000, 0.001),
  };
}

function sigmaOf(text: string, named: Readonly<Record<string, string>>, medianMs: number): number {
  if (named.sigma !== undefined && named.p99 !== undefined)
    throw badModel(text, GRAMMAR, 'p99 or sigma, not both');
  if (named.sigma !== undefined) return numberIn(text, named.sigma, GRAMMAR, { from: 0, to: 5 }, 'sigma');
  if (named.p99 === undefined) return 0.5;
  const sigma = Math.log(time(text, named.p99) / medianMs) / NORMAL_P99;
  if (sigma >= 0 && sigma <= 5) return sigma;
  throw badModel(text, GRAMMAR, 'p99 of at least the median', GRAMMAR.models['log-normal'].example);
}

/** A duration in ms, at most a minute. */
function time(text: string, part: string): number {
  const milliseconds = parseDuration(part, '--latency') / 1000;
  if (milliseconds <= LONGEST) return milliseconds;
  throw outOfRange(text, `--latency ${text} is out of range.`);
}

function outOfRange(text: string, message: string): InputError {
  return new InputError({
    code: 'bad-latency',
    message,
    field: '--latency',
    value: text,
    expected: 'one duration, or two with a comma, of at most 60s; or a model with its parameters',
    hint: 'Write it like 10ms or 10ms,20ms.',
  });
}

/** `5ms`: how old the market is that the agent sees, ms. */
export function parseFeedLatency(text: string): number {
  const milliseconds = parseDuration(text, '--feed-latency') / 1000;
  if (milliseconds <= LONGEST) return milliseconds;
  throw new InputError({
    code: 'bad-latency',
    message: `--feed-latency ${text} is out of range.`,
    field: '--feed-latency',
    value: text,
    expected: 'a duration of at most 60s',
    hint: 'Write it like 5ms.',
  });
}
