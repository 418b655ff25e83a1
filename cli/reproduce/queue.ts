import type { QueueModel } from '../../env/exchange/models.ts';
import { Order } from '../../env/exchange/order.ts';
import { ProRata } from '../../env/exchange/pro-rata.ts';
import { Log2Queue, LogQueue, PowerQueue, RiskAverseQueue } from '../../env/exchange/queue.ts';
import { BID } from '../../market/side.ts';
import { type Reproduction, row } from './row.ts';

/** Estimated quantity ahead after a level shrank, with the printed digits. */
const TABLE: readonly (readonly [string, QueueModel, number])[] = [
  ['power, n = 2', new PowerQueue(2), 28.448275862],
  ['power, n = 3', new PowerQueue(3), 29.27027027],
  ['log', new LogQueue(), 25.538345146],
  ['log2', new Log2Queue(), 29.236334916],
  ['risk-averse', new RiskAverseQueue(), 30],
];

/** CME Globex, notice on the pro-rata algorithm of Eurodollar futures: 20/150 · 50 = 6.67 and 5/150 · 50 = 1.67, rounded
 * down. */
const ALLOTMENTS: readonly (readonly [number, number])[] = [
  [20, 6],
  [5, 1],
];

export const queue: Reproduction = {
  describe:
    'Queue models: 30 ahead and 70 behind when the level shrinks from 100 to 90 without trades; pro-rata allotment',
  async run() {
    const queues = TABLE.map(([name, model, published]) =>
      row({
        case: name,
        quantity: 'quantity ahead',
        published,
        measured: model.afterDecrease(30, 70, 10, 90),
        tolerance: 1e-8,
      }),
    );
    const allotments = ALLOTMENTS.map(([own, published]) =>
      row({
        case: `pro-rata, ${own} of 150 at the price, 50 traded`,
        quantity: 'lots allotted',
        published,
        measured: allotted(own),
      }),
    );
    return [...queues, ...allotments];
  },
};

/** Lots that an order among 150 at the price gets of a trade of 50, before what goes by time. */
function allotted(own: number): number {
  const order = new Order({ id: 1, side: BID, price: 100, steps: own, sentAt: 0, mid: 0, halfSpread: 0 });
  let lots = 0;
  new ProRata(1, 1).allot([order], 0, 100, 150 - own, 50, (_order, steps) => {
    lots += steps;
  });
  return lots;
}
