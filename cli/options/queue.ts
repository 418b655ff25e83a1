import type { QueueModelName } from '../../env/settings.ts';
import { badModel, type ModelGrammar, numberIn, parseModelText } from './model-text.ts';

const GRAMMAR: ModelGrammar = {
  option: '--queue',
  code: 'bad-queue-model',
  what: 'queue model',
  models: {
    power: { values: 1, keys: [], example: 'power:2' },
    log: { values: 0, keys: [], example: 'log' },
    log2: { values: 0, keys: [], example: 'log2' },
    'risk-averse': { values: 0, keys: [], example: 'risk-averse' },
    'pro-rata': { values: 1, keys: [], example: 'pro-rata, or pro-rata:0.4 for 40 % by time' },
  },
};

export interface ChosenQueue {
  readonly model: QueueModelName;
  readonly exponent?: number;
  readonly fifoShare?: number;
}

/** `power:2`, `log`, `log2`, `risk-averse`, `pro-rata` or `pro-rata:SHARE`. */
export function parseQueue(text: string): ChosenQueue {
  const { name, values } = parseModelText(text, GRAMMAR);
  const model = name as QueueModelName;
  const [value] = values;
  if (text.includes(':') && value === undefined) {
    throw badModel(text, GRAMMAR, `${name} without a colon, or with a number after it`);
  }
  if (model === 'pro-rata') {
    if (value === undefined) return { model, fifoShare: 0 };
    return { model, fifoShare: numberIn(text, value, GRAMMAR, { from: 0, below: 1 }, 'the share by time') };
  }
  if (value === undefined) return { model };
  return { model, exponent: numberIn(text, value, GRAMMAR, { above: 0 }, 'power:N, N') };
}
