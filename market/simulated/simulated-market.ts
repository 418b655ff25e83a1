import type { Instrument } from '../instrument.ts';
import type { Side } from '../side.ts';

/** What is told of a simulated market. Times in µs since the epoch, prices in ticks, quantities in steps. */
export interface MarketSink {
  /** A trade printed; the level it hit is told right after. */
  onTrade(time: number, aggressor: Side, price: number, quantity: number): void;
  /** The level at `price` now holds `quantity`. */
  onLevel(time: number, side: Side, price: number, quantity: number): void;
  /** All that one order caused has been told. */
  onSettled(time: number): void;
}

/** A simulated market, event by event, from its `startTime` on without end. The same seed gives the same events. */
export interface SimulatedMarket {
  readonly instrument: Instrument;
  /** How often changes of the book are summed up in its exchange's depth stream, µs. */
  readonly depthInterval: number;
  /** Time of the snapshot it begins with, µs since the epoch. */
  readonly startTime: number;
  /** Time of the last event, µs since the epoch. */
  readonly time: number;
  /** Quantity in steps at a price in ticks. */
  quantityAt(side: Side, price: number): number;
  /** Price in ticks of the best level with a quantity. */
  best(side: Side): number;
  /** Tells every level that holds something, as a snapshot of the book. */
  snapshot(level: (side: Side, price: number, quantity: number) => void): void;
  /** Time of the event that {@link next} will let happen, µs since the epoch. */
  peek(): number;
  /** Lets the next event happen, tells `sink` of it, and returns its time, µs. */
  next(sink: MarketSink): number;
}
