import type { QueueModel } from '../../env/exchange/models.ts';
import { Log2Queue, LogQueue, PowerQueue, RiskAverseQueue } from '../../env/exchange/queue.ts';
import { type Reproduction, row } from './row.ts';

/** Estimated quantity ahead after a level shrank, with the printed digits. */
const TABLE: readonly (readonly [string, QueueModel, number])[] = [
  ['power, n = 2', new PowerQueue(2), 28.448275862],
  ['power, n = 3', new PowerQueue(3), 29.27027027],
  ['log', new LogQueue(), 25.538345146],
  ['log2', new Log2Queue(), 29.236334916],
  ['risk-averse', new RiskAverseQueue(), 30],
];

export const queue: Reproduction = {
  describe: 'Queue models: 30 ahead and 70 behind when the level shrinks from 100 to 90 without trades',
  async run() {
    return TABLE.map(([name, model, published]) =>
      row({
        case: name,
        quantity: 'quantity ahead',
        published,
        measured: model.afterDecrease(30, 70, 10, 90),
        tolerance: 1e-8,
      }),
    );
  },
};
