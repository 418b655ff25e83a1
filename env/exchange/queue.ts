import { InputError, unknownName } from '../../base/errors.ts';
import { QUEUE_MODELS, type QueueSettings } from '../settings.ts';
import type { QueueModel } from './models.ts';

/** Share of a level, or of one unit, that rounding may be off by. */
const NOISE = 1e-9;

/**
 * A queue model that puts a cancelled quantity behind the order with probability p and ahead of it with 1 − p:
 * estimate = front − (1 − p)·chg + min(back − p·chg, 0), within [0, level]. What "behind" cannot hold came from ahead.
 */
abstract class ProbabilityQueue implements QueueModel {
  abstract readonly name: string;

  /** Probability that a cancel happened behind the order, front and back in base currency, not both 0. */
  protected abstract behind(front: number, back: number): number;

  afterDecrease(front: number, back: number, decrease: number, level: number): number {
    if (!(front > 0)) return 0;
    const p = this.behind(front, back);
    const estimate = front - (1 - p) * decrease + Math.min(back - p * decrease, 0);
    return Math.min(Math.max(estimate, 0), level);
  }
}

/** p = backⁿ/(frontⁿ + backⁿ): the longer the queue behind, the likelier that a cancel came from there. */
export class PowerQueue extends ProbabilityQueue {
  readonly name: string;
  readonly #exponent: number;

  constructor(exponent: number) {
    super();
    if (!(exponent > 0) || !Number.isFinite(exponent)) {
      throw new InputError({
        code: 'bad-queue-model',
        message: `The exponent ${exponent} of the power queue model is not a positive number.`,
        field: 'queue',
        value: exponent,
        expected: 'a positive number',
        hint: 'Write it like power:2.',
      });
    }
    this.name = `power:${exponent}`;
    this.#exponent = exponent;
  }

  // One power of the ratio instead of two of the quantities: it cannot overflow.
  protected behind(front: number, back: number): number {
    return back > 0 ? 1 / (1 + (front / back) ** this.#exponent) : 0;
  }
}

/** p = ln(1 + back)/(ln(1 + front) + ln(1 + back)). */
export class LogQueue extends ProbabilityQueue {
  readonly name = 'log';

  protected behind(front: number, back: number): number {
    const weight = Math.log1p(back);
    return weight / (weight + Math.log1p(front));
  }
}

/** p = ln(1 + back)/ln(1 + front + back). */
export class Log2Queue extends ProbabilityQueue {
  readonly name = 'log2';

  protected behind(front: number, back: number): number {
    return Math.log1p(back) / Math.log1p(front + back);
  }
}

/** Only trades advance the queue: every cancel is taken to have come from behind, while there is anything behind. */
export class RiskAverseQueue implements QueueModel {
  readonly name = 'risk-averse';

  afterDecrease(front: number, _back: number, _decrease: number, level: number): number {
    return Math.min(front, level);
  }
}

/**
 * Trades are allotted by size, but for a share that goes by time; cancels come from everybody alike, so that an order
 * keeps its place relative to the level: estimate = front·(1 − chg/(front + back)).
 */
export class ProRataQueue extends ProbabilityQueue {
  readonly name: string;
  readonly proRataShare: number;

  /** `fifoShare`: share of each trade that goes by time, in [0, 1). */
  constructor(fifoShare = 0) {
    super();
    if (!(fifoShare >= 0 && fifoShare < 1)) {
      throw new InputError({
        code: 'bad-queue-model',
        message: `A share of ${fifoShare} that goes by time is not possible.`,
        field: 'queue',
        value: fifoShare,
        expected: 'a number from 0 up to, not including, 1',
        hint: 'Write it like pro-rata or pro-rata:0.4; all by time is risk-averse, power, log or log2.',
      });
    }
    this.name = fifoShare === 0 ? 'pro-rata' : `pro-rata:${fifoShare}`;
    this.proRataShare = 1 - fifoShare;
  }

  protected behind(front: number, back: number): number {
    return back / (front + back);
  }
}

/** What a model estimates to be ahead of an order where its level shows `level` base. Throws an InputError for what cannot
 * be: an order would wait for ever, or be served before those ahead of it. */
export function checkedFront({ name }: QueueModel, front: number, level: number): number {
  const within = Math.min(Math.max(front, 0), level);
  // Arithmetic noise is no fault of a model.
  if (Math.abs(front - within) <= NOISE * Math.max(level, 1)) return within;
  throw new InputError({
    code: 'bad-queue-model',
    message: `The queue model "${name}" says that ${front} is ahead of an order where ${level} is displayed.`,
    field: 'queue',
    value: Number.isFinite(front) ? front : String(front),
    expected: 'a quantity from 0 to what is displayed',
    hint: 'Mend the model.',
  });
}

/** Share of trades that a model allots by size; 0 where it allots none. Throws an InputError for what is no share. */
export function checkedShare({ name, proRataShare: share = 0 }: QueueModel): number {
  if (share >= 0 && share <= 1) return share;
  throw new InputError({
    code: 'bad-queue-model',
    message: `The queue model "${name}" allots a share of ${share} of each trade by size.`,
    field: 'queue',
    value: Number.isFinite(share) ? share : String(share),
    expected: 'a share from 0 to 1',
    hint: 'Mend the model.',
  });
}

/** The queue model that settings name. Throws an InputError with the nearest name for an unknown one. */
export function createQueueModel({ model, exponent, fifoShare }: QueueSettings): QueueModel {
  switch (model) {
    case 'power':
      return new PowerQueue(exponent);
    case 'log':
      return new LogQueue();
    case 'log2':
      return new Log2Queue();
    case 'risk-averse':
      return new RiskAverseQueue();
    case 'pro-rata':
      return new ProRataQueue(fifoShare);
    default:
      throw unknownName('queue model', String(model), QUEUE_MODELS);
  }
}
