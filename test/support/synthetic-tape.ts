import { stream } from '../../base/random.ts';
import type { Instrument } from '../../market/instrument.ts';
import { memoryTape, type TapeRow } from '../../market/tape/memory.ts';
import { Flag, Kind, type Tape } from '../../market/tape/rows.ts';

/** What the synthetic tapes trade: about 100 quote currency a base unit, ticks of 0.01. */
export const SYNTHETIC_INSTRUMENT: Instrument = {
  venue: 'binance-spot',
  symbol: 'TESTUSDT',
  tickSize: 0.01,
  stepSize: 0.001,
};

/** Exchange time of the first message, µs. */
export const SYNTHETIC_START = 1_700_000_000_000_000;

const LEVELS = 12;
const DEPTH_INTERVAL = 100_000;
const DELAY = 2_000;

/**
 * A small market for tests: the mid walks by whole ticks, the best prices are two or four ticks apart, quantities of
 * levels come and go, and about six trades a second print at the best prices or, now and then, through them. It has
 * one snapshot (all levels known), a diff every 100 ms, and arrives 2 ms late. Deterministic by seed.
 */
export function syntheticRows(seed: number, seconds: number): readonly TapeRow[] {
  const random = stream(seed, 'synthetic-tape');
  const rows: TapeRow[] = [];
  const bids = new Map<number, number>();
  const asks = new Map<number, number>();
  let centre = 10_000;
  let half = 1;
  let updateId = 1;

  const row = (time: number, kind: number, price: number, quantity: number, flags = 0): void => {
    rows.push({ exchangeTime: time, localTime: time + DELAY, kind, price, quantity, flags, updateId });
  };
  const size = (): number => Math.ceil(1000 * random.exponential(0.2)) / 1000;
  const endMessage = (): void => {
    const last = rows.length - 1;
    rows[last] = { ...rows[last], flags: rows[last].flags | Flag.messageEnd };
    updateId++;
  };
  /** Rows that turn one side's levels into the `LEVELS` prices from `best` outwards, some with new quantities. */
  const settle = (
    time: number,
    levels: Map<number, number>,
    best: number,
    step: number,
    kind: number,
  ): void => {
    const wanted = Array.from({ length: LEVELS }, (_, i) => best + i * step);
    for (const price of [...levels.keys()]) {
      if (wanted.includes(price)) continue;
      levels.delete(price);
      row(time, kind, price, 0);
    }
    for (const price of wanted) {
      if (levels.has(price) && random.uniform() < 0.8) continue;
      const quantity = size();
      levels.set(price, quantity);
      row(time, kind, price, quantity);
    }
  };
  const settleBoth = (time: number): void => {
    // The side that gives way goes first, so that the book is never crossed between two rows of a message.
    const rising = asks.size > 0 && centre + half > Math.min(...asks.keys());
    const sides = [
      () => settle(time, asks, centre + half, 1, Kind.ask),
      () => settle(time, bids, centre - half, -1, Kind.bid),
    ];
    for (const side of rising ? sides : sides.reverse()) side();
    if (rows.at(-1)?.exchangeTime !== time)
      row(time, Kind.bid, centre - half, bids.get(centre - half) ?? size());
    endMessage();
  };

  row(SYNTHETIC_START, Kind.reset, 0, 0, Flag.allBids | Flag.allAsks);
  settleBoth(SYNTHETIC_START);
  let nextTrade = SYNTHETIC_START + 1;
  for (
    let time = SYNTHETIC_START + DEPTH_INTERVAL;
    time <= SYNTHETIC_START + seconds * 1e6;
    time += DEPTH_INTERVAL
  ) {
    while (nextTrade < time) {
      const buy = random.uniform() < 0.5;
      const through = random.uniform() < 0.05 ? 1 : 0;
      const price = buy ? centre + half + through : centre - half - through;
      row(Math.floor(nextTrade), buy ? Kind.buy : Kind.sell, price, size(), 0);
      endMessage();
      nextTrade += random.exponential(6) * 1e6 + 1;
    }
    const u = random.uniform();
    centre += u < 0.1 ? 1 : u < 0.2 ? -1 : 0;
    half = random.uniform() < 0.9 ? 1 : 2;
    settleBoth(time);
  }
  return rows;
}

/** {@link syntheticRows} as a tape. */
export function syntheticTape(seed: number, seconds: number): Tape {
  return memoryTape(SYNTHETIC_INSTRUMENT, syntheticRows(seed, seconds));
}
