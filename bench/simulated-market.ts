/** Events/s of the simulated markets, and how much faster than time they go: `npm run bench -- simulated-market`. */
import { marketNames, openMarket } from '../market/simulated/open-market.ts';
import type { MarketSink } from '../market/simulated/simulated-market.ts';
import { type Bench, median } from './bench.ts';

const ROUNDS = 5;
const EVENTS = 400_000;
const SILENT: MarketSink = { onTrade() {}, onLevel() {}, onSettled() {} };

export const simulatedMarket: Bench = {
  name: 'simulated-market',
  describe: 'events of the simulated markets, embedded and fitted to recordings',
  async *run({ quick }) {
    for (const name of marketNames()) {
      const rates: number[] = [];
      let simulated = 0;
      let took = 0;
      for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
        const market = openMarket(name).create(round);
        const began = performance.now();
        for (let i = 0; i < EVENTS; i++) market.next(SILENT);
        const seconds = (performance.now() - began) / 1000;
        simulated += (market.time - market.startTime) / 1e6;
        took += seconds;
        rates.push(EVENTS / seconds);
      }
      yield {
        what: `market ${name}`,
        ours: median(rates),
        unit: 'events/s',
        note: `${(simulated / took).toPrecision(2)} times as fast as time`,
      };
    }
  },
};
